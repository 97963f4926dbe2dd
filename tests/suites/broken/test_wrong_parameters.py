import pytest


@pytest.mark.parametrize("one, two", [(1, 2, 3)])
def test_never(one, two):
    raise AssertionError("never runs")


def test_beside():
    pass
