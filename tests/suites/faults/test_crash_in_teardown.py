"""Crashes in the teardown, after the call has passed."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


@pytest.fixture
def crashes():
    yield
    os.abort()


def test_fault(crashes):
    print("the call is over")


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
