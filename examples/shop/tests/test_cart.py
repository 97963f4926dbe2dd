import logging

import pytest

from shop.cart import OutOfStock
from shop.money import Money


class TestEmpty:
    def test_is_empty(self, cart):
        assert cart.empty

    def test_costs_nothing(self, cart):
        assert cart.total() == Money(0)

    def test_remove_is_harmless(self, cart):
        cart.remove("B-001")
        assert cart.empty


@pytest.fixture(scope="class")
def prices(catalogue):
    return {sku: catalogue[sku].price for sku in ("B-002", "B-003")}


class TestFull:
    def test_total(self, full_cart, prices):
        assert full_cart.total() == prices["B-002"] * 2 + prices["B-003"]

    def test_add_the_same_again(self, full_cart):
        full_cart.add("B-002", 3)
        assert full_cart.lines["B-002"] == 5

    def test_remove(self, full_cart, prices):
        full_cart.remove("B-002")
        assert full_cart.total() == prices["B-003"]

    def test_lines_are_a_copy(self, full_cart):
        full_cart.lines.clear()
        assert not full_cart.empty


@pytest.mark.parametrize("quantity", [0, -1])
def test_quantity_must_be_positive(cart, quantity):
    with pytest.raises(ValueError, match="at least 1"):
        cart.add("B-001", quantity)


def test_out_of_stock_is_logged(cart, caplog):
    with caplog.at_level(logging.WARNING, logger="shop"), pytest.raises(OutOfStock, match="4 wanted, 3 left"):
        cart.add("B-001", 4)
    assert caplog.messages == ["only 3 of B-001 left"]
    assert cart.empty


def test_sold_out(cart):
    with pytest.raises(OutOfStock):
        cart.add("K-002")
