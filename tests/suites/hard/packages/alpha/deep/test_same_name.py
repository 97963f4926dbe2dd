from ..tools import ANSWER


def test_where(where):
    assert where == ["packages", "alpha"]


def test_relative_import():
    assert ANSWER == 42


def test_fails_under_a_hook_of_the_outer_conftest():
    raise ValueError(__name__)
