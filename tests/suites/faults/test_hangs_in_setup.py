"""Sleeps in the set-up."""

import time

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


@pytest.fixture
def sleeps():
    time.sleep(300)


def test_fault(sleeps):
    pass


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
