"""Calls pytest.exit: pytest ends the run there."""

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    pytest.exit("that is all", returncode=7)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
