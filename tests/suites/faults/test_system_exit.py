"""Raises SystemExit."""

import sys

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    sys.exit(0)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
