"""Skips and expected failures in all their forms."""

import sys

import pytest


@pytest.mark.skip
def test_skip_without_reason():
    raise AssertionError("never runs")


@pytest.mark.skip(reason="with a reason")
def test_skip():
    raise AssertionError("never runs")


@pytest.mark.skipif(sys.version_info >= (3,), reason="true")
def test_skipif_true():
    raise AssertionError("never runs")


@pytest.mark.skipif(False, reason="false")
def test_skipif_false():
    pass


@pytest.mark.skipif("sys.version_info > (3,)", reason="a string")
def test_skipif_string():
    raise AssertionError("never runs")


@pytest.mark.skipif("no_such_name")
def test_skipif_broken():
    raise AssertionError("never runs")


@pytest.mark.skipif("hasattr(config, 'rootpath')")
def test_skipif_string_without_reason():
    raise AssertionError("never runs")


def test_skip_in_call():
    pytest.skip("in the call")


def test_importorskip():
    pytest.importorskip("no_such_module_anywhere")


def test_importorskip_found():
    assert pytest.importorskip("json").dumps(1) == "1"


@pytest.mark.xfail
def test_xfail():
    raise ValueError("expected")


@pytest.mark.xfail(reason="with a reason")
def test_xfail_reason():
    assert 1 == 2


@pytest.mark.xfail(reason="passes")
def test_xpass():
    pass


@pytest.mark.xfail(strict=True, reason="strict")
def test_xfail_strict():
    assert 1 == 2


@pytest.mark.xfail(strict=True, reason="strict and passes")
def test_xpass_strict():
    pass


@pytest.mark.xfail(strict=True)
def test_xpass_strict_without_reason():
    pass


@pytest.mark.xfail(raises=ValueError, reason="the right one")
def test_xfail_raises():
    raise ValueError("expected")


@pytest.mark.xfail(raises=(KeyError, ValueError))
def test_xfail_raises_tuple():
    raise KeyError("expected")


@pytest.mark.xfail(raises=ValueError, reason="another one")
def test_xfail_raises_other():
    raise KeyError("not expected")


@pytest.mark.xfail(run=False, reason="would crash")
def test_xfail_no_run():
    raise AssertionError("never runs")


@pytest.mark.xfail(False, reason="condition is false")
def test_xfail_condition_false():
    assert 1 == 2


@pytest.mark.xfail("sys.version_info > (3,)", reason="condition is a string")
def test_xfail_condition_string():
    assert 1 == 2


@pytest.mark.xfail(reason="a skip wins")
def test_xfail_and_skip():
    pytest.skip("in an expected failure")


def test_xfail_in_call():
    pytest.xfail("decided in the call")


@pytest.mark.xfail(raises=ValueError)
def test_xfail_in_call_within_xfail():
    pytest.xfail("decided in the call")


@pytest.fixture
def add_mark(request):
    request.applymarker(pytest.mark.xfail(reason="added by a fixture"))


def test_mark_added_by_fixture(add_mark):
    assert 1 == 2


def test_mark_added_by_node(request):
    request.node.add_marker(pytest.mark.xfail(reason="added in the call"))
    raise ValueError("expected")


@pytest.mark.xfail(reason="set-up")
def test_xfail_error_in_setup(broken):
    raise AssertionError("never runs")


@pytest.fixture
def broken():
    raise ValueError("in the set-up")


@pytest.mark.xfail(reason="teardown")
def test_xfail_error_in_teardown(broken_later):
    pass


@pytest.fixture
def broken_later():
    yield
    raise ValueError("in the teardown")


def test_fail():
    pytest.fail("with a trace")


def test_fail_without_trace():
    pytest.fail("without a trace", pytrace=False)


@pytest.mark.refused_by_hook
def test_refused_by_hook():
    raise AssertionError("never runs")


@pytest.mark.broken_by_hook
def test_broken_by_hook():
    raise AssertionError("never runs")


@pytest.mark.left_out
def test_left_out():
    raise AssertionError("never runs")


@pytest.mark.last
def test_last():
    pass


@pytest.mark.slow_by_name("why", factor=3)
def test_mark_arguments(request):
    mark = request.node.get_closest_marker("slow_by_name")
    assert mark.args == ("why",)
    assert mark.kwargs == {"factor": 3}


@pytest.mark.not_registered_anywhere
def test_unknown_mark():
    pass


@pytest.mark.parametrize(
    "value",
    [
        1,
        pytest.param(2, marks=pytest.mark.skip(reason="two")),
        pytest.param(3, marks=[pytest.mark.xfail(reason="three"), pytest.mark.last]),
        pytest.param(4, marks=pytest.mark.xfail(strict=True, reason="four")),
        pytest.param(5, marks=pytest.mark.left_out),
    ],
)
def test_marks_of_parameters(value):
    assert value != 3


class TestInherited:
    pytestmark = [pytest.mark.xfail(reason="of the class")]

    def test_fails(self):
        assert 1 == 2

    def test_passes(self):
        pass
