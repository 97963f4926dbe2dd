"""A conftest in a folder: explanations of its own, and a fixture that hides the outer one."""

import pytest


def pytest_assertrepr_compare(op, left, right):
    if type(left).__name__ == type(right).__name__ == "Money" and op == "==":
        return ["amounts differ:", "   %d and %d" % (left.cents, right.cents)]
    return None


@pytest.fixture
def label():
    return "of the inner conftest"
