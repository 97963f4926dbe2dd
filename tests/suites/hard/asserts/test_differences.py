"""What assertion rewriting says."""

import dataclasses
import math

import helper_of_asserts
import pytest

pytest.register_assert_rewrite("helper_rewritten")


def test_integers():
    assert 1 + 1 == 3


def test_message():
    value = {"a": 1}
    assert value["a"] == 2, "a message with {value}"


def test_message_object():
    assert not [1], [1, 2, 3]


def test_lists():
    assert [1, 2, 3, 4] == [1, 2, 4, 3]


def test_long_lists():
    assert list(range(1000)) == list(range(500)) + [0] + list(range(501, 1000))


def test_list_lengths():
    assert [1, 2, 3] == [1, 2, 3, 4, 5]


def test_dicts():
    assert {"a": 1, "b": {"c": [1, 2]}, "d": 3} == {"a": 1, "b": {"c": [1, 3]}, "e": 3}


def test_long_dicts():
    assert {n: "v" * n for n in range(60)} == {n: "v" * (n if n != 30 else 1) for n in range(60)}


def test_sets():
    assert {1, 2} == {2, 3}


def test_strings():
    assert "the quick brown fox" == "the quick brown dog"


def test_lines():
    assert "one\ntwo\nthree\n" == "one\n2\nthree\n"


def test_many_lines():
    left = "\n".join("line %d" % n for n in range(100))
    assert left == left.replace("line 50", "line fifty")


def test_trailing_space():
    assert "text " == "text"


def test_contains():
    assert "needle" in "a hay" * 50


def test_not_contains():
    assert "hay" not in "some hay here"


def test_bytes():
    assert b"\x00\xff" == b"\x00\xfe"


def test_nan():
    assert math.nan == math.nan


def test_approx():
    assert 0.1 + 0.2 == pytest.approx(0.4)


def test_approx_list():
    assert [0.1, 0.2] == pytest.approx([0.1, 0.3])


@dataclasses.dataclass
class Point:
    x: int
    y: int
    name: str = "p"


def test_dataclasses():
    assert Point(1, 2) == Point(1, 3)


def test_own_type():
    assert helper_of_asserts.Money(1) == helper_of_asserts.Money(2)


def test_is_none():
    assert helper_of_asserts.Money(1) is None


class Doubling:
    def __call__(self, value):
        return value * 2

    def __repr__(self):
        return "<doubling>"


def test_calls():
    function = Doubling()
    assert function(2) + len([1, 2]) == function(4)


def test_attributes():
    point = Point(1, 2)
    assert point.x == point.y


def test_boolean():
    a, b, c = 1, 0, []
    assert a and (b or c)


def test_walrus():
    assert (value := 3) == 4 or value == 5


def test_comparison_chain():
    assert 1 < 2 < 2


def test_all():
    assert all([1, 2, 0])


def test_generator_expression():
    assert [value for value in range(3)] == [0, 1]


def test_multi_line():
    assert (
        1
        == 2
    ), (
        "a message "
        "of two parts"
    )


def test_broken_repr():
    class Broken:
        def __repr__(self):
            raise ValueError("no repr")

        def __eq__(self, other):
            return False

    # Its text would hold an address, so only the outcome of the comparison is used.
    equal = Broken() == 1
    assert equal


def test_huge_repr():
    class Huge:
        def __repr__(self):
            return "h" * 100_000

    assert Huge() is None


def test_helper():
    helper_of_asserts.check(1, 2)


def test_rewritten_helper():
    import helper_rewritten

    helper_rewritten.check(1, 2)


def test_tuple_is_always_true():
    assert (1, "a message by mistake") != ()


def test_builtin_names():
    locals()["@py_builtins"] = None
    assert [] == ()
