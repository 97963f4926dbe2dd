import pytest

from shop import pricing
from shop.money import Money
from shop.orders import OrderBook, WrongState

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One file for the module, as a real database would be."""
    return tmp_path_factory.mktemp("orders") / "orders.sqlite"


@pytest.fixture
def book(database):
    book = OrderBook(database)
    yield book
    book.close()
    database.unlink()


@pytest.fixture
def order(book, full_cart):
    return book.place("Ada", full_cart.lines, pricing.quote(full_cart, "DE"))


def test_place(order):
    assert (order.customer, order.total, order.state) == ("Ada", Money(45_20), "placed")


def test_survives_a_restart(order, database):
    second = OrderBook(database)
    assert second[order.number] == order
    second.close()


def test_needs_lines(book, cart):
    with pytest.raises(ValueError, match="at least one line"):
        book.place("Ada", {}, pricing.quote(cart, "DE"))
    assert len(book) == 0


def test_unknown_order(book):
    with pytest.raises(LookupError, match="no order 7"):
        book[7]


@pytest.mark.parametrize(
    "states", [["paid"], ["paid", "sent"], ["cancelled"], ["paid", "cancelled"]], ids=lambda states: "-".join(states)
)
def test_life_of_an_order(book, order, states):
    for state in states:
        book.move(order.number, state)
    assert book[order.number].state == states[-1]


@pytest.mark.parametrize(("states", "wrong"), [([], "sent"), (["cancelled"], "paid"), (["paid", "sent"], "cancelled")])
def test_wrong_turns(book, order, states, wrong):
    for state in states:
        book.move(order.number, state)
    with pytest.raises(WrongState, match=f"cannot become {wrong}"):
        book.move(order.number, wrong)


def test_revenue_leaves_out_what_was_cancelled(book, order, full_cart):
    other = book.place("Grace", full_cart.lines, pricing.quote(full_cart, "FR"))
    book.move(other.number, "cancelled")
    assert book.revenue() == order.total
