import random

import pytest


@pytest.mark.parametrize("n", range(4))
def test_a(n):
    print(random.random())
    assert n < 3


@pytest.mark.parametrize("n", range(4))
def test_b(n):
    print(random.random())
    assert n < 3


@pytest.mark.parametrize("n", range(4))
def test_c(n):
    print(random.random())
    assert n < 3


class TestClass:
    def test_first(self):
        pass

    def test_second(self):
        pass
