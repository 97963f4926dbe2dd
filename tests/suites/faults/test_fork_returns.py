"""Forks, and the child comes back into pytest as if it were the worker."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    os.fork()


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
