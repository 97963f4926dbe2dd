from __future__ import annotations

from pathlib import Path

import pytest

from shop.cart import Cart
from shop.catalogue import Catalogue

DATA = Path(__file__).with_name("catalogue.json")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """Read once: nobody changes it."""
    return Catalogue.load(DATA)


@pytest.fixture
def cart(catalogue):
    return Cart(catalogue)


@pytest.fixture
def full_cart(cart):
    cart.add("B-002", 2)
    cart.add("B-003")
    return cart


@pytest.fixture(autouse=True)
def no_shop_settings(monkeypatch):
    """A test sees only the settings that it makes itself."""
    monkeypatch.delenv("SHOP_CATALOGUE", raising=False)
    monkeypatch.delenv("SHOP_COUNTRY", raising=False)
