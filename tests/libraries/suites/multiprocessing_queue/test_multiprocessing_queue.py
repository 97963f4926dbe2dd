import multiprocessing

import pytest

queue = multiprocessing.SimpleQueue()


@pytest.mark.parametrize("number", range(40))
def test_what_is_put_is_got(number):
    queue.put(number)
    assert queue.get() == number
