"""Writes 50 MB to stdout, and crashes."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    block = b"x" * 1_000_000
    for _ in range(50):
        os.write(1, block)
    os.abort()


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
