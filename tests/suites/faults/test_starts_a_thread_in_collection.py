"""A module that starts a thread while it is imported."""

import threading

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


THREAD = threading.Thread(target=threading.Event().wait, daemon=True, name="the thread of the module")
THREAD.start()


def test_fault():
    assert THREAD.is_alive()


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
