import code_here as code
import pytest


@pytest.mark.parametrize("n", range(4))
def test_double(n):
    assert code.double(n) == n + n


def test_half():
    assert code.half(2) == 1
