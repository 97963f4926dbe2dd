"""Money in whole cents, so that nothing is ever rounded by accident."""

from __future__ import annotations

from dataclasses import dataclass


class CurrencyError(ValueError):
    """Two amounts of different currencies were mixed."""


@dataclass(frozen=True, order=True)
class Money:
    cents: int
    currency: str = "EUR"

    @classmethod
    def parse(cls, text: str) -> Money:
        """Reads ``"12.50 EUR"`` or ``"12 EUR"``."""
        number, _, currency = text.strip().partition(" ")
        whole, _, fraction = number.partition(".")
        if len(fraction) > 2 or not (whole + fraction).lstrip("-").isdigit():
            raise ValueError(f"not an amount: {text!r}")
        cents = abs(int(whole)) * 100 + int(fraction.ljust(2, "0") or 0)
        return cls(-cents if whole.startswith("-") else cents, currency or "EUR")

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyError(f"{self.currency} and {other.currency} do not mix")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.cents + other.cents, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.cents - other.cents, self.currency)

    def __mul__(self, factor: int) -> Money:
        return Money(self.cents * factor, self.currency)

    def percent(self, percentage: int) -> Money:
        """A share of the amount, half a cent rounded up."""
        return Money((self.cents * percentage + 50) // 100, self.currency)

    def __str__(self) -> str:
        sign = "-" if self.cents < 0 else ""
        return f"{sign}{abs(self.cents) // 100}.{abs(self.cents) % 100:02d} {self.currency}"
