import pytest


@pytest.mark.parametrize("n", [10, 100])
def test_sum(benchmark, n):
    assert benchmark(sum, range(n)) == n * (n - 1) // 2


def test_pedantic(benchmark):
    assert benchmark.pedantic(len, args=("abc",), rounds=3, iterations=2) == 3


@pytest.mark.parametrize("n", range(4))
def test_other(n):
    pass
