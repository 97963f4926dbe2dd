"""Ids that are not escaped."""

import pytest

TEXTS = [
    "ünïcödé",
    "大きい 🐍",
    "two\nlines",
    "\n",
    "tab\t return \r",
    "escape \x1b[31mred\x1b[0m",
    "\x7f\x80\x9f",
    "a::b",
    "a]::test_other[b",
    "  spaces  ",
    "\u202eright to left\u202c",
    "e\u0301 combined",
    "\ufeff\u200b invisible",
    "x" * 10_000,
    "é\n" * 1_000,
]


@pytest.mark.parametrize("text", TEXTS)
def test_passes(text):
    assert text


@pytest.mark.parametrize("text", TEXTS[:7])
def test_fails(text):
    raise AssertionError("with a raw id")


@pytest.mark.parametrize("text", TEXTS[:7])
def test_skips(text):
    pytest.skip("with a raw id")


@pytest.mark.parametrize("text", ["\udc80 half a character", "end \udcff"])
def test_surrogate(text):
    """An id that no UTF-8 can hold, though a file name or the environment can."""
    assert text


@pytest.mark.parametrize("text", ["\udc80 half a character", "end \udcff"])
def test_surrogate_fails(text):
    assert text == ""
