"""Waits for a thread that does not end."""

import threading
import time

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    thread = threading.Thread(target=time.sleep, args=(300,), name="the one that sleeps")
    thread.start()
    thread.join()


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
