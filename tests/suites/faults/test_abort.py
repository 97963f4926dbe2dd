"""Aborts."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    os.abort()


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
