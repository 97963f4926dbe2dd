"""Needs a module that is not there."""

import pytest

pytest.importorskip("no_such_module_anywhere", reason="needs a module that nobody has")


def test_never():
    raise AssertionError("never runs")
