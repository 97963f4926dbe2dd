import sys

import pytest


@pytest.mark.parametrize("n", range(5))
def test_passes(n):
    print("out of", n)


def test_fails():
    print("before it fails")
    print("and on stderr", file=sys.stderr)
    assert [1, 2] == [1, 3]


@pytest.mark.skip(reason="why not")
def test_skipped():
    pass


@pytest.mark.xfail(reason="known", strict=False)
def test_xfails():
    assert 0


@pytest.mark.xfail(strict=False)
def test_xpasses():
    pass


@pytest.fixture
def broken():
    raise ValueError("in setup")


def test_error(broken):
    pass


@pytest.fixture
def leaves_badly():
    yield
    raise ValueError("in teardown")


def test_teardown(leaves_badly):
    pass
