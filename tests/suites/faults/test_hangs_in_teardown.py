"""Sleeps in the teardown, after the call has passed."""

import time

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


@pytest.fixture
def sleeps():
    yield
    time.sleep(300)


def test_fault(sleeps):
    pass


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
