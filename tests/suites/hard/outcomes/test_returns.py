"""A test that returns something gets a warning (an error from pytest 8.4 on it is not: see its change log)."""


def test_returns():
    return 1 == 2
