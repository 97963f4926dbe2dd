import pytest


@pytest.mark.dependency()
def test_base():
    assert 0


@pytest.mark.dependency()
def test_good():
    pass


@pytest.mark.dependency(depends=["test_base"])
def test_after_base():
    pass


@pytest.mark.dependency(depends=["test_good"])
def test_after_good():
    pass


@pytest.mark.parametrize("n", range(4))
def test_other(n):
    pass
