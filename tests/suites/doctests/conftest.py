"""A name for every doctest, and an autouse fixture that doctests use too.

>>> in_every_doctest
5
"""

import pytest


@pytest.fixture(autouse=True)
def names(doctest_namespace):
    doctest_namespace["in_every_doctest"] = 5


@pytest.fixture
def seven():
    return 7
