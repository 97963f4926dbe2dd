"""It starts no thread before it is used."""

import concurrent.futures

import pytest

pool = concurrent.futures.ThreadPoolExecutor(2)


@pytest.mark.parametrize("number", range(6))
def test_it_computes(number):
    assert pool.submit(str, number).result(timeout=20) == str(number)
