"""Crashes in a session fixture, that is for each test that asks for it."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


@pytest.fixture(scope="session")
def crashes():
    os.abort()


def test_fault(crashes):
    pass


def test_fault_again(crashes):
    pass


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
