"""Ignores every signal that can be ignored, blocks the others, and hangs."""

import signal
import time

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        time.sleep(300)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
