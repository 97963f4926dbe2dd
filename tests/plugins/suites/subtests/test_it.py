import pytest


def test_all(subtests):
    for n in range(5):
        with subtests.test(msg="round", n=n):
            assert n % 2 == 0


@pytest.mark.parametrize("n", range(4))
def test_passes(subtests, n):
    with subtests.test(n=n):
        pass
