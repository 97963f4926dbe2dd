import conftest
import pytest


@pytest.mark.parametrize("number", list(range(3)) * 4)
def test_the_picture_is_the_same(number):
    assert conftest.draw(number) == conftest.pictures[number]
