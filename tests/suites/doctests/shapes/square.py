"""A module with doctests in its functions and classes.

>>> Square(2).area()
4
"""


class Square:
    """A square.

    >>> Square(3).side
    3
    """

    def __init__(self, side):
        self.side = side

    def area(self):
        """
        >>> Square(3).area()
        9
        >>> print("printed by a doctest")
        printed by a doctest
        """
        return self.side**2

    def wrong(self):
        """
        >>> Square(3).wrong()
        4
        >>> Square(4).wrong()
        5
        """
        return self.side

    @property
    def diagonal(self):
        """
        >>> round(Square(1).diagonal, 3)
        1.414
        """
        return self.side * 2**0.5

    @staticmethod
    def unit():
        """
        >>> Square.unit().side
        1
        """
        return Square(1)


def raises():
    """
    >>> raises()
    Traceback (most recent call last):
        ...
    ValueError: as expected
    """
    raise ValueError("as expected")


def unexpected():
    """
    >>> 1
    1
    >>> unexpected()
    1
    >>> 2
    3
    """
    raise ValueError("not as expected")


def approximately():
    """
    >>> approximately()
    3.14
    """
    return 3.14159


def skipped():
    """
    >>> skipped()  # doctest: +SKIP
    1
    """


def partly_skipped():
    """
    >>> 1  # doctest: +SKIP
    2
    >>> 1
    1
    """


def uses_a_name():
    """
    >>> in_every_doctest
    5
    """


def uses_a_fixture():
    """
    >>> getfixture("seven")
    7
    """


def skips_in_code():
    """
    >>> import pytest
    >>> pytest.skip("in a doctest")
    """


def multi_line():
    r"""
    >>> print("one\ntwo\nthree")
    one
    2
    three
    """


__test__ = {"extra": ">>> 1 + 2\n3\n", "extra wrong": ">>> 1 + 2\n4\n"}
