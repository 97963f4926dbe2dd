"""Order inside a file: some tests are moved to its end, and that is all that may be relied on."""

import pytest


@pytest.mark.last
def test_moved_to_the_end():
    pass


def test_in_the_middle():
    pass


@pytest.mark.last
class TestMoved:
    def test_with_its_class(self):
        pass


@pytest.mark.left_out
class TestLeftOut:
    def test_deselected(self):
        raise AssertionError("never runs")
