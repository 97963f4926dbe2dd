"""An ordinary file beside the custom ones, with a class that is collected in an unusual way."""

import pytest


class TestDynamic:
    pass


def _make(number):
    def test(self):
        assert number != 3

    return test


for _number in range(5):
    setattr(TestDynamic, "test_made_%d" % _number, _make(_number))


def test_lambda_default(value=3):
    assert value == 3


test_assigned = lambda: None  # noqa: E731


class Callable:
    def __call__(self):
        raise AssertionError("never runs")


test_instance = Callable()
test_not_a_function = 5


class TestOuter:
    class TestInner:
        class TestInnermost:
            def test_deep(self):
                pass

        def test_middle(self):
            assert [] == [1]

    @staticmethod
    def test_static():
        pass

    @classmethod
    def test_class_method(cls):
        assert cls is TestOuter


class TestEmpty:
    pass


class TestNot:
    __test__ = False

    def test_never(self):
        raise AssertionError("never runs")


@pytest.mark.parametrize("value", range(3))
class TestParametrizedClass:
    @pytest.mark.parametrize("other", "ab")
    def test_both(self, value, other):
        assert (value, other) != (2, "b")
