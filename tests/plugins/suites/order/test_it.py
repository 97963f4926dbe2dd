import pytest


@pytest.mark.order(2)
def test_second():
    pass


@pytest.mark.order(1)
def test_first():
    pass


@pytest.mark.order("last")
def test_last():
    pass


@pytest.mark.parametrize("n", range(4))
def test_any(n):
    assert n < 3
