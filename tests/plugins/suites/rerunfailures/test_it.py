import pytest

seen = {}


def attempt(name):
    seen[name] = seen.get(name, 0) + 1
    return seen[name]


@pytest.mark.flaky(reruns=2)
def test_always_fails():
    print("attempt")
    assert 0


@pytest.mark.parametrize("n", range(4))
def test_passes(n):
    pass


def test_fails_without_mark():
    assert 0
