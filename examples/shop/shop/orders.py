"""Orders, kept in SQLite."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from .money import Money
from .pricing import Quote

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    customer TEXT NOT NULL,
    cents INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'placed'
);
CREATE TABLE IF NOT EXISTS lines (
    number INTEGER NOT NULL REFERENCES orders(number),
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL
);
"""
NEXT = {"placed": {"paid", "cancelled"}, "paid": {"sent", "cancelled"}, "sent": set(), "cancelled": set()}


class WrongState(Exception):
    """An order cannot go from its state to the one asked for."""


@dataclass(frozen=True)
class Order:
    number: int
    customer: str
    total: Money
    state: str


class OrderBook:
    def __init__(self, path: Path | str) -> None:
        self._db = sqlite3.connect(str(path))
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    def place(self, customer: str, lines: dict[str, int], quote: Quote) -> Order:
        if not lines:
            raise ValueError("an order needs at least one line")
        with self._db:
            cursor = self._db.execute(
                "INSERT INTO orders (customer, cents) VALUES (?, ?)", (customer, quote.total.cents)
            )
            number = cursor.lastrowid
            assert number is not None
            self._db.executemany(
                "INSERT INTO lines VALUES (?, ?, ?)", [(number, sku, quantity) for sku, quantity in lines.items()]
            )
        return self[number]

    def __getitem__(self, number: int) -> Order:
        row = self._db.execute("SELECT customer, cents, state FROM orders WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise LookupError(f"no order {number}")
        return Order(number, row[0], Money(row[1]), row[2])

    def __len__(self) -> int:
        count: int = self._db.execute("SELECT count(*) FROM orders").fetchone()[0]
        return count

    def move(self, number: int, state: str) -> Order:
        order = self[number]
        if state not in NEXT[order.state]:
            raise WrongState(f"order {number} is {order.state} and cannot become {state}")
        with self._db:
            self._db.execute("UPDATE orders SET state = ? WHERE number = ?", (state, number))
        return self[number]

    def revenue(self) -> Money:
        cents = self._db.execute("SELECT coalesce(sum(cents), 0) FROM orders WHERE state != 'cancelled'").fetchone()[0]
        return Money(cents)
