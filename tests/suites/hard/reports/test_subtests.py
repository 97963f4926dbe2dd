"""pytest 9's subtests (the conftest leaves this file out where there are none)."""

import pytest


def test_all_pass(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number >= 0


def test_some_fail(subtests):
    for number in range(4):
        with subtests.test("with text", number=number):
            print("in subtest", number)
            assert number % 2 == 0


def test_skip_and_fail(subtests):
    with subtests.test("skips"):
        pytest.skip("in a subtest")
    with subtests.test("xfails"):
        pytest.xfail("in a subtest")
    with subtests.test("fails"):
        raise ValueError("in a subtest")


def test_fails_itself_too(subtests):
    with subtests.test(value=object):
        assert 1 == 2
    assert 3 == 4


def test_unserialisable(subtests):
    class Opaque:
        def __repr__(self):
            return "<Opaque>"

    with subtests.test(opaque=Opaque(), text="\ud800", many="x" * 1000):
        assert 1 == 2


@pytest.mark.xfail(reason="expected")
def test_expected_failure(subtests):
    with subtests.test():
        assert 1 == 2
