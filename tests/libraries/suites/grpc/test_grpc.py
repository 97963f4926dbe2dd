import conftest
import pytest


@pytest.mark.parametrize("number", range(8))
def test_it_answers(number):
    assert conftest.call(b"%d!" % number, timeout=20) == b"!%d" % number
