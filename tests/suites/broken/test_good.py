import pytest


def test_passes():
    pass


def test_fails():
    assert 1 == 2


def test_skips():
    pytest.skip("in a good file")
