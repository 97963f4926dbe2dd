"""Marks for a whole module."""

import pytest

pytestmark = [pytest.mark.skipif(True, reason="all of the module"), pytest.mark.last]


def test_one():
    raise AssertionError("never runs")


class TestTwo:
    def test_two(self):
        raise AssertionError("never runs")
