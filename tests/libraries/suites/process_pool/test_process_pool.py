"""It starts neither threads nor processes before it is used, but has its pipes."""

import concurrent.futures
import multiprocessing

import pytest

pool = concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork"))


def double(number):
    return 2 * number


@pytest.mark.parametrize("number", range(6))
def test_it_computes(number):
    assert [pool.submit(double, n).result(timeout=20) for n in range(4)] == [0, 2, 4, 6]
