"""Is killed, as by the system when memory runs out."""

import os
import signal

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
