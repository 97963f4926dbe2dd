"""Calls pytest.exit without a return code."""

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    pytest.exit("that is all")


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
