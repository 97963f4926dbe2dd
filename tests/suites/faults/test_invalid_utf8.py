"""Writes what is not UTF-8, and fails."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    os.write(1, b"before \xff\xfe\x80 after\n")
    os.write(2, b"\xc3\x28")
    assert 1 == 2


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
