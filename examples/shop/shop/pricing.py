"""Discounts, shipping and tax."""

from __future__ import annotations

from dataclasses import dataclass

from .cart import Cart
from .money import Money

VAT = {"DE": 19, "FR": 20, "LU": 17, "HU": 27}
FREE_SHIPPING_FROM = Money(50_00)
SHIPPING = Money(4_90)


@dataclass(frozen=True)
class Quote:
    goods: Money
    discount: Money
    shipping: Money
    tax_included: Money

    @property
    def total(self) -> Money:
        return self.goods - self.discount + self.shipping


def discount(goods: Money, code: str | None) -> Money:
    """``SAVE<n>`` takes n percent off, at most half; other codes are worth nothing."""
    if not code or not code.startswith("SAVE"):
        return Money(0)
    digits = code[4:]
    return goods.percent(min(int(digits), 50)) if digits.isdigit() else Money(0)


def quote(cart: Cart, country: str, code: str | None = None) -> Quote:
    if country not in VAT:
        raise LookupError(f"we do not ship to {country}")
    goods = cart.total()
    reduced = discount(goods, code)
    shipping = Money(0) if cart.empty or goods - reduced >= FREE_SHIPPING_FROM else SHIPPING
    gross = (goods - reduced + shipping).cents
    rate = VAT[country]
    return Quote(goods, reduced, shipping, Money((gross * rate + (100 + rate) // 2) // (100 + rate)))
