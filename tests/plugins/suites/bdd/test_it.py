import pytest
from pytest_bdd import given, parsers, scenarios, then, when

scenarios("calculator.feature")


@pytest.fixture
def memory():
    return {}


@given(parsers.parse("the number {number:d}"))
def the_number(memory, number):
    memory["now"] = number


@when(parsers.parse("I add {number:d}"))
def add(memory, number):
    memory["now"] += number


@then(parsers.parse("I have {number:d}"))
def have(memory, number):
    assert memory["now"] == number
