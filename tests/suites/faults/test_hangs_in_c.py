"""Sleeps in C code that holds the interpreter's lock."""

import ctypes

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    ctypes.PyDLL(None).sleep(300)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
