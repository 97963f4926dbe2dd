import numba
import numpy
import pytest


@numba.njit(cache=True)
def total(numbers):
    result = 0.0
    for number in numbers:
        result += number
    return result


@numba.njit(parallel=True, cache=True)
def squares(numbers):
    result = numpy.empty_like(numbers)
    for n in numba.prange(len(numbers)):
        result[n] = numbers[n] ** 2
    return result


@pytest.mark.parametrize("number", range(6))
def test_it_computes(number):
    numbers = numpy.arange(1000.0) + number
    assert total(numbers) == numbers.sum()
    assert numpy.array_equal(squares(numbers), numbers**2)
