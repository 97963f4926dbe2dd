"""Raises SystemExit in a teardown: pytest does not count with it there."""

import sys

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


@pytest.fixture
def exits():
    yield
    sys.exit(0)


def test_fault(exits):
    pass


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
