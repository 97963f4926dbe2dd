"""A conftest that starts a thread while it is imported."""

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault():
    import conftest

    assert conftest.THREAD.is_alive()


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
