import concurrent.futures

import pytest

pool = concurrent.futures.ThreadPoolExecutor(2)
ready = pool.submit(int, "1").result()


@pytest.mark.parametrize("number", range(6))
def test_it_computes(number):
    assert pool.submit(str, number).result(timeout=20) == str(number)
