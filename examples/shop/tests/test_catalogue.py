import json

import pytest

from shop.catalogue import Catalogue, UnknownProduct
from shop.money import Money


def test_has_all_products(catalogue):
    assert len(catalogue) == 6


def test_product(catalogue):
    bell = catalogue["B-002"]
    assert (bell.name, bell.price, bell.stock) == ("Bicycle bell", Money(790), 40)


def test_unknown_product(catalogue):
    with pytest.raises(UnknownProduct):
        catalogue["X-999"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bicycle", ["B-002", "B-003", "B-001"]),
        ("lamp", ["B-003", "L-001"]),
        ("LAMP indoor", ["L-001"]),
        ("käse", ["K-002"]),
        ("boat", []),
    ],
    ids=["by price", "two", "name and tag", "umlaut", "nothing"],
)
def test_search(catalogue, words, found):
    assert [product.sku for product in catalogue.search(words)] == found


def test_load_from_a_file(tmp_path):
    path = tmp_path / "small.json"
    path.write_text(json.dumps([{"sku": "A", "name": "A", "price": "1 EUR", "stock": 1, "tags": []}]))
    assert Catalogue.load(path)["A"].price == Money(100)


def test_a_broken_file(tmp_path):
    path = tmp_path / "broken.json"
    path.write_text("[{]")
    with pytest.raises(json.JSONDecodeError):
        Catalogue.load(path)
