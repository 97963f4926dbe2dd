"""Two files of one name, in folders that are no packages."""

import sys


def test_name():
    assert sys.modules[__name__].__file__ == __file__


def test_folder():
    assert "one" in __file__


def test_fails():
    assert __file__ is None or "one" == ""
