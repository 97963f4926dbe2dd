import pytest


@pytest.mark.parametrize("n", range(4))
def test_matches(snapshot, n):
    assert {"n": n, "text": "a" * n} == snapshot


def test_differs(snapshot):
    assert snapshot == "what it is now"
