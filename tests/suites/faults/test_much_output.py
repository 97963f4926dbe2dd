"""Writes 50 MB to stdout, and fails."""

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    line = "x" * 99
    for _ in range(500_000):
        print(line)
    assert 1 == 2


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
