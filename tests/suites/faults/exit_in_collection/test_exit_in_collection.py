"""pytest.exit while a module is imported."""

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    pass


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
