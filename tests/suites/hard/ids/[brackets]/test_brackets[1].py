import pytest


@pytest.mark.parametrize("value", ["a]", "[b"])
def test_in_a_file_with_brackets(value):
    assert value == "a]"
