"""Waits for a child that does not end, and the child holds the pipe."""

import subprocess

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    subprocess.run(["sh", "-c", "sleep 300; sleep 300"], stdout=subprocess.PIPE)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
