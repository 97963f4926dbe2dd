"""Kills its whole process group."""

import os
import signal

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    os.killpg(os.getpgrp(), signal.SIGKILL)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
