"""Its threads have computed before workers are forked."""

import numba
import numpy
import pytest

numba.config.THREADING_LAYER = "workqueue"  # the one that is always there


@numba.njit(parallel=True)
def squares(numbers):
    result = numpy.empty_like(numbers)
    for n in numba.prange(len(numbers)):
        result[n] = numbers[n] ** 2
    return result


ready = squares(numpy.arange(1000.0))


@pytest.mark.parametrize("number", range(6))
def test_it_computes(number):
    numbers = numpy.arange(1000.0) + number
    assert numpy.array_equal(squares(numbers), numbers**2)
