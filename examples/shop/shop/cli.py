"""``python -m shop.cli search WORDS`` and ``python -m shop.cli price SKU...``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .cart import Cart, OutOfStock
from .catalogue import Catalogue, UnknownProduct
from .pricing import quote


def main(arguments: list[str]) -> int:
    path = Path(os.environ.get("SHOP_CATALOGUE", "catalogue.json"))
    if not path.exists():
        print(f"no catalogue at {path}", file=sys.stderr)
        return 2
    catalogue = Catalogue.load(path)
    if arguments[:1] == ["search"]:
        for product in catalogue.search(" ".join(arguments[1:])):
            print(f"{product.sku}  {product.price!s:>12}  {product.name}")
        return 0
    if arguments[:1] == ["price"]:
        cart = Cart(catalogue)
        try:
            for sku in arguments[1:]:
                cart.add(sku)
        except (OutOfStock, UnknownProduct) as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        print(quote(cart, os.environ.get("SHOP_COUNTRY", "DE")).total)
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
