"""Parameters that cannot be serialised, and ids of every kind."""

import enum
import math
import re
import threading

import pytest


class Plain:
    def __repr__(self):
        return "<Plain>"


class Hostile:
    """Everything that a well-meaning tool might try on a value raises."""

    def __repr__(self):
        raise RuntimeError("no repr")

    __str__ = __repr__

    def __reduce__(self):
        raise TypeError("no pickle")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    __hash__ = None

    def __bool__(self):
        raise RuntimeError("no truth")


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


def generator():
    yield 1


@pytest.mark.parametrize(
    "value",
    [
        Plain(),
        Plain,
        Hostile(),
        lambda: 5,
        generator(),
        threading.Lock(),
        open,
        re.compile("a+"),
        Colour.RED,
        math,
        NotImplemented,
        ...,
        None,
        True,
        1,
        -1.5,
        float("nan"),
        float("inf"),
        1j,
        10**30,
        b"\x00\xff",
        b"",
        "",
        " ",
        "text",
        "a b",
        "a::b",
        "a[b]c",
        "]",
        "[",
        "a/b\\c",
        "line\nbreak",
        "\t\r\0\x1b",
        "ünïcödé 大きい",
        "🐍",
        "\ud800",
        "\udcff",
        "x" * 10_000,
        "é" * 3_000,
        {"a": 1},
        {1, 2},
        [],
        (1, 2),
        object(),
    ],
)
def test_any_value(value):
    assert value is value


@pytest.mark.parametrize("value", ["x" * 10_000, "\ud800", "a::b", "line\nbreak", "a b [c]", "é"])
def test_any_value_fails(value):
    raise AssertionError("with the id of the value")


@pytest.mark.parametrize("nan", [float("nan"), float("nan")])
def test_same_id_twice(nan):
    assert nan != nan


@pytest.mark.parametrize("value", [1, 1, 2, "1"])
def test_same_value_twice(value):
    assert value


@pytest.mark.parametrize("value", [1, 2, 3], ids=["same", "same", None])
def test_same_given_id(value):
    assert value


@pytest.mark.parametrize("value", [1, 2], ids=["with space", "with::colons and [brackets]"])
def test_given_ids(value):
    assert value != 2


@pytest.mark.parametrize("value", [Plain(), Plain()], ids=lambda value: "made by a function")
def test_id_function(value):
    assert value


@pytest.mark.parametrize("value", [pytest.param(1, id="unicode ü"), pytest.param(2, id="")])
def test_param_id(value):
    assert value


@pytest.mark.parametrize("a, b, c", [(1, Plain(), "x"), ([], {}, None)])
def test_several(a, b, c):
    assert True


@pytest.mark.parametrize("number", range(200))
def test_many(number):
    assert number != 100


class TestÜnïcödé:
    def test_grün(self):
        pass

    def test_größe(self):
        assert "größe" == "kleine"
