"""The child of a fork raises SystemExit inside of the test."""

import os
import sys

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    pid = os.fork()
    if pid == 0:
        sys.exit(0)
    os.waitpid(pid, 0)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
