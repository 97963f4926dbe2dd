"""scikit-learn computes with OpenMP (libgomp), whose threads are lost in a fork."""

import numpy
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

values = numpy.arange(400.0).reshape(100, 4)
model = HistGradientBoostingRegressor(max_iter=1).fit(values, values[:, 0])


@pytest.mark.parametrize("number", range(4))
def test_it_learns_again(number):
    again = HistGradientBoostingRegressor(max_iter=1).fit(values, values[:, 0])
    assert numpy.array_equal(again.predict(values), model.predict(values))
