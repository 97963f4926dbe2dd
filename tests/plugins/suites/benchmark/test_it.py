import collections
import enum
import pathlib
import time

import pytest


class Own:
    def __repr__(self):
        return "Own()"


class Level(enum.IntEnum):
    LOW = 1


@pytest.mark.parametrize("n", range(4))
def test_before(n):
    pass


@pytest.mark.benchmark(group="sums")
@pytest.mark.parametrize("n", [10, 100])
def test_sum(benchmark, n, running):
    assert benchmark(sum, range(n)) == n * (n - 1) // 2
    assert benchmark.disabled or not running()


def test_pedantic(benchmark):
    assert benchmark.pedantic(len, args=("abc",), rounds=3, iterations=2) == 3


@pytest.mark.parametrize("value", [Own(), Level.LOW, 1.5, (1, 2)], ids=["own", "level", "number", "tuple"])
def test_parameters(benchmark, value):
    benchmark.extra_info["value"] = value
    benchmark.extra_info["more"] = {"list": [Own(), float("inf")], "tuple": collections.namedtuple("P", "x")(1)}
    benchmark.pedantic(str, args=(value,), rounds=2)
    benchmark.extra_info["late"] = True


class TestIn:
    @pytest.mark.benchmark(timer=time.perf_counter, min_rounds=2, disable_gc=True)
    def test_class(self, benchmark):
        benchmark(len, "a")


def test_becomes_slower(benchmark):
    before = any(pathlib.Path(".benchmarks").glob("*/*.json"))
    benchmark.pedantic(time.sleep, args=(0.05 if before else 0.001,), rounds=2)


def test_raises(benchmark):
    benchmark(lambda: 1 / 0)


def test_fails_afterwards(benchmark):
    benchmark.pedantic(len, args=("abc",), rounds=2)
    assert not "failed"


def test_does_not_use_it(benchmark):
    pass


def test_skips(benchmark):
    pytest.skip("not here")


@pytest.mark.parametrize("n", range(4))
def test_after(n):
    pass
