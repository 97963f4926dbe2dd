import background
import pytest


@pytest.mark.parametrize("number", range(8))
def test_it_answers(number):
    assert background.ask(number) == 2 * number
