import package
import pytest


@pytest.mark.parametrize("n", range(2, 2 + 3))
def test_size(n):
    assert package.size(n)


def test_wide(wide):
    assert wide


def test_child():
    package.child()


@pytest.mark.no_cover
def test_not_measured():
    pass
