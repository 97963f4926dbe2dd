"""Reads from address zero."""

import ctypes

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    print("before the end")
    ctypes.string_at(0)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
