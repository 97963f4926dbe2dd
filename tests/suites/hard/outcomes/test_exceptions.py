"""Exceptions of every kind, and what their traces look like."""

import contextlib
import sys

import pytest


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class Speaking(Exception):
    def __str__(self):
        return "several\nlines\n\nand an empty one"


def helper(value):
    local = {"value": value}
    if local["value"] > 2:
        raise ValueError("too deep: %d" % value)
    helper(value + 1)


def hidden(value):
    __tracebackhide__ = True
    assert value, "hidden frame"


def test_deep():
    helper(0)


def test_hidden_frame():
    hidden(0)


def test_cause():
    try:
        {}["missing"]
    except KeyError as error:
        raise RuntimeError("because of a key") from error


def test_context():
    try:
        1 / 0
    except ZeroDivisionError:
        [][1]


def test_suppressed_context():
    try:
        1 / 0
    except ZeroDivisionError:
        raise ValueError("alone") from None


def test_cause_cycle():
    one, two = ValueError("one"), ValueError("two")
    one.__cause__, two.__cause__ = two, one
    raise one


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes came with Python 3.11")
def test_notes():
    error = ValueError("with notes")
    error.add_note("first note")
    error.add_note("second note\nof two lines")
    raise error


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_group():
    group = ExceptionGroup  # noqa: F821
    raise group("a group", [ValueError("one"), group("inner", [TypeError("two"), KeyError("three")])])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_raises_group():
    with pytest.raises(ExceptionGroup, match="expected") as caught:  # noqa: F821
        raise ExceptionGroup("expected", [ValueError("one")])  # noqa: F821
    assert caught.group_contains(ValueError, match="one") if hasattr(caught, "group_contains") else True


@pytest.mark.skipif(not hasattr(pytest, "RaisesGroup"), reason="RaisesGroup came with pytest 8.4")
def test_raises_group_helper():
    with pytest.RaisesGroup(ValueError, TypeError):
        raise ExceptionGroup("both", [ValueError(1), TypeError(2)])  # noqa: F821


@pytest.mark.skipif(not hasattr(pytest, "RaisesGroup"), reason="RaisesGroup came with pytest 8.4")
def test_raises_group_helper_fails():
    with pytest.RaisesGroup(ValueError, TypeError):
        raise ExceptionGroup("one missing", [ValueError(1)])  # noqa: F821


def test_raises():
    with pytest.raises(ValueError, match=r"^a .+ text$") as caught:
        raise ValueError("a long text")
    assert caught.type is ValueError


def test_raises_nothing():
    with pytest.raises(ValueError):
        pass


def test_raises_other_text():
    with pytest.raises(ValueError, match="wanted"):
        raise ValueError("given")


def test_raises_other_type():
    with pytest.raises(ValueError):
        raise KeyError("another")


def test_unprintable():
    raise Unprintable


def test_several_lines():
    raise Speaking


def test_lone_surrogate():
    raise ValueError("before \ud800 after \udcff end")


def test_null_and_control_characters():
    raise ValueError("null \0 bell \a escape \x1b[31mred\x1b[0m return \r end")


def test_unicode():
    raise ValueError("größer, 大きい, 🐍, \u202ereversed\u202c")


def test_very_long_message():
    raise ValueError("x" * 100_000)


def recurse():
    recurse()


@pytest.mark.skipif(
    sys.version_info >= (3, 13) and pytest.version_tuple < (8,),
    reason="it does not see a recursion there, and shows each frame: so many as the runner's own leave room for",
)
def test_recursion():
    recurse()


def test_system_exit():
    sys.exit(3)


def test_system_exit_text():
    raise SystemExit("a text")


def test_generator_exit():
    raise GeneratorExit("raised by hand")


def test_base_exception():
    class Own(BaseException):
        pass

    raise Own("not an Exception")


def test_stop_iteration():
    raise StopIteration("out of a test")


def test_syntax_error():
    compile("def f(:\n", "some_file.py", "exec")


def test_exec_without_source():
    exec(compile("\n\nraise ValueError('no source')\n", "<generated>", "exec"), {})


def test_error_in_a_library():
    import json

    json.loads("{")


def test_warning_as_exception():
    raise UserWarning("raised as an exception")


def test_assertion_without_text():
    raise AssertionError


def test_assertion_with_object():
    raise AssertionError({"a": 1})


def test_returns_a_value():
    return None


def test_exit_stack():
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: 1 / 0)
        raise ValueError("first")
