"""Sleeps, in Python."""

import time

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    print("before the sleep")
    time.sleep(300)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
