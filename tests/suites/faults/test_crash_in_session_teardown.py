"""Crashes when the session fixture is torn down, with the last test of the worker that used it."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


@pytest.fixture(scope="session")
def crashes():
    yield
    os.abort()


def test_fault(crashes):
    pass


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
