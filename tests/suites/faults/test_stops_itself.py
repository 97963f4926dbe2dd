"""Stops its own process, and waits for nobody."""

import os
import signal

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    os.kill(os.getpid(), signal.SIGSTOP)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
