"""What the shop sells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .money import Money


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    price: Money
    stock: int = 0
    tags: tuple[str, ...] = ()


class UnknownProduct(KeyError):
    """No product has this number."""


class Catalogue:
    def __init__(self, products: list[Product]) -> None:
        self._products = {product.sku: product for product in products}

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            [
                Product(row["sku"], row["name"], Money.parse(row["price"]), row["stock"], tuple(row["tags"]))
                for row in rows
            ]
        )

    def __len__(self) -> int:
        return len(self._products)

    def __getitem__(self, sku: str) -> Product:
        try:
            return self._products[sku]
        except KeyError:
            raise UnknownProduct(sku) from None

    def search(self, words: str) -> list[Product]:
        """Products whose name or tags hold every word, cheapest first."""
        wanted = words.casefold().split()
        found = [
            product
            for product in self._products.values()
            if all(word in " ".join((product.name, *product.tags)).casefold() for word in wanted)
        ]
        return sorted(found, key=lambda product: (product.price, product.sku))
