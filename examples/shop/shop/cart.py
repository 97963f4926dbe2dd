"""What a customer is about to buy."""

from __future__ import annotations

import logging

from .catalogue import Catalogue
from .money import Money

log = logging.getLogger(__name__)


class OutOfStock(Exception):
    """There is less of a product than was asked for."""


class Cart:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lines: dict[str, int] = {}

    def add(self, sku: str, quantity: int = 1) -> None:
        if quantity < 1:
            raise ValueError("quantity must be at least 1")
        product = self._catalogue[sku]
        total = self._lines.get(sku, 0) + quantity
        if total > product.stock:
            log.warning("only %d of %s left", product.stock, sku)
            raise OutOfStock(f"{product.name}: {total} wanted, {product.stock} left")
        self._lines[sku] = total

    def remove(self, sku: str) -> None:
        self._lines.pop(sku, None)

    @property
    def lines(self) -> dict[str, int]:
        return dict(self._lines)

    @property
    def empty(self) -> bool:
        return not self._lines

    def total(self) -> Money:
        amount = Money(0)
        for sku, quantity in self._lines.items():
            amount += self._catalogue[sku].price * quantity
        return amount
