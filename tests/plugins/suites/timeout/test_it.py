import time

import pytest


@pytest.mark.timeout(0.3)
def test_too_long():
    print("before")
    time.sleep(20)


@pytest.mark.parametrize("n", range(4))
def test_passes(n):
    pass


@pytest.mark.timeout(0)
def test_no_limit():
    time.sleep(0.01)
