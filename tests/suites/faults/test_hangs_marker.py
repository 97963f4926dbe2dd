"""Sleeps longer than its own marker allows."""

import time

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


@pytest.mark.timeout(1)
def test_fault():
    time.sleep(300)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
