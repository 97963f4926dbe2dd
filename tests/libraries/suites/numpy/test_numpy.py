"""OpenBLAS has started its threads before workers are forked."""

import numpy
import pytest

matrix = numpy.arange(400 * 400, dtype=float).reshape(400, 400) % 7
product = matrix @ matrix


@pytest.mark.parametrize("number", range(8))
def test_the_product_is_the_same(number):
    assert numpy.array_equal(matrix @ matrix, product)
    regular = matrix + 500 * numpy.eye(400)
    assert numpy.allclose(regular @ numpy.linalg.solve(regular, product), product)
