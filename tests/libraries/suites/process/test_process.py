import conftest
import pytest


@pytest.mark.parametrize("number", range(4))
def test_it_runs(number):
    assert conftest.server.poll() is None
