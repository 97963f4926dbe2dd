"""Crashes in the set-up."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


@pytest.fixture
def crashes():
    os.abort()


def test_fault(crashes):
    pass


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
