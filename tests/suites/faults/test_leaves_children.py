"""Leaves children running that would outlive the run."""

import os
import subprocess

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    subprocess.Popen(["sleep", "300"])
    subprocess.Popen(["sleep", "300"], start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "300"])
        os._exit(0)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
