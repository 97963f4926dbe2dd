"""A suite with something of everything; the page of its runs is looked at with a browser."""

import os
import sys
import time

import pytest


@pytest.fixture(scope="session")
def database():
    time.sleep(0.1)
    yield {"rows": 3}
    time.sleep(0.03)


@pytest.fixture
def broken():
    raise OSError("no disk")


@pytest.mark.parametrize(
    "amount", [0, 1, 250, "<b>bold</b>", "</script><script>throw 1</script>", "it's \u2028 \ud800 ]]>"]
)
def test_price(amount, database):
    print("price of", amount)
    assert amount != 250, "too much </pre><b>x</b>"


class TestBasket:
    def test_empty(self):
        time.sleep(0.02)

    def test_full(self, database):
        time.sleep(0.05)

    @pytest.mark.xfail
    def test_known(self):
        raise AssertionError

    @pytest.mark.skip(reason="not now")
    def test_later(self):
        pass


def test_broken(broken):
    pass


def test_chain():
    try:
        {}["missing"]
    except KeyError as error:
        raise RuntimeError("the shop is closed") from error


def test_flaky():
    first = not os.path.exists("seen")
    open("seen", "a").close()
    assert not first, "the first time only"


def test_dies():
    print("last words", flush=True)
    os._exit(7)


def test_output():
    print("\x1b[31mred\x1b[0m and \x00 and \x08")
    sys.stderr.write("to stderr\n")
    assert {"a": 1, "b": 2} == {"a": 1, "b": 3}


def test_too_long():
    time.sleep(5)


def test_disputed():
    """In quarantine."""
    assert 0, "as ever"
