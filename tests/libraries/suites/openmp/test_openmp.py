"""scikit-learn computes with OpenMP (libgomp), whose threads are lost in a fork."""

import numpy
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

values = numpy.arange(4000.0).reshape(1000, 4)
model = HistGradientBoostingRegressor(max_iter=3).fit(values, values[:, 0])


@pytest.mark.parametrize("number", range(4))
def test_it_learns_again(number):
    again = HistGradientBoostingRegressor(max_iter=3).fit(values, values[:, 0])
    assert numpy.array_equal(again.predict(values), model.predict(values))
