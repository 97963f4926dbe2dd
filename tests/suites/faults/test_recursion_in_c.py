"""Recurses until the stack is full."""

import os
import sys

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    sys.setrecursionlimit(10_000_000)

    class Deep:
        def __repr__(self):
            return repr(self)

    if sys.version_info < (3, 12):
        repr(Deep())
    os.abort()  # later versions watch the stack of C code, and raise RecursionError


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
