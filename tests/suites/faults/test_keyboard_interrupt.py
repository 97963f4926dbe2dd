"""Raises KeyboardInterrupt: pytest ends the run there."""

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    raise KeyboardInterrupt


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
