"""Two tests of one file crash."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    os._exit(1)


def test_between():
    pass


def test_fault_too():
    os.abort()


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
