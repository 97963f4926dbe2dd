import os

import conftest
import pytest


@pytest.mark.parametrize("number", range(6))
def test_its_own_database(number):
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    expected = f"test_{worker}" if worker else "test"
    assert conftest.database == expected
