"""An ordinary test beside doctests.

>>> test_ordinary()
"""


def test_ordinary():
    assert True


def test_fails():
    """
    >>> test_fails()
    Traceback (most recent call last):
    AssertionError...
    """
    raise AssertionError("fails by itself")
