"""Sends itself SIGTERM."""

import os
import signal
import time

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
