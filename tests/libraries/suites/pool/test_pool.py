import multiprocessing

import pytest


def double(number):
    return 2 * number


pool = multiprocessing.get_context("fork").Pool(2)


@pytest.mark.parametrize("number", range(6))
def test_it_computes(number):
    assert pool.map_async(double, range(number)).get(20) == [2 * n for n in range(number)]
