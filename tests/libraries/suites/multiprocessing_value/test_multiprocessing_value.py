import multiprocessing

import pytest

counter = multiprocessing.Value("i", 0)


@pytest.mark.parametrize("number", range(40))
def test_it_counts(number):
    for _ in range(100):
        before = counter.value
        counter.value += 1
        assert counter.value == before + 1
