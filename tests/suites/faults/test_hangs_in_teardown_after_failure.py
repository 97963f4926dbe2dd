"""Fails, and then sleeps in the teardown."""

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
    assert 1 == 2


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
