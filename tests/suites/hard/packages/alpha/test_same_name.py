from . import test_same_name  # noqa: F401
from .tools import ANSWER


def test_where(where):
    assert where == ["packages", "alpha"]


def test_relative_import():
    assert ANSWER == 42


def test_fails():
    assert ANSWER == 43
