"""setup_module and its relatives."""

STATE = {}


def setup_module(module):
    STATE["module"] = module.__name__


def teardown_module():
    STATE.clear()


def setup_function(function):
    STATE["function"] = function.__name__


def teardown_function(function):
    assert STATE.pop("function") == function.__name__


def test_module():
    assert STATE["module"] == __name__


def test_function():
    assert STATE["function"] == "test_function"


class TestClass:
    @classmethod
    def setup_class(cls):
        cls.values = ["class"]

    @classmethod
    def teardown_class(cls):
        assert cls.values == ["class"]

    def setup_method(self, method):
        self.name = method.__name__

    def teardown_method(self):
        del self.name

    def test_setup_method(self):
        assert self.name == "test_setup_method"

    def test_setup_class(self):
        assert self.values == ["class"]


class TestWithInit:
    """Not collected, with a warning."""

    def __init__(self, value=1):
        self.value = value

    def test_never(self):
        raise AssertionError("never runs")
