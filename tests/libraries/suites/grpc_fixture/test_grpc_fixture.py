import pytest


@pytest.mark.parametrize("number", range(8))
def test_it_answers(call, number):
    assert call(b"%d!" % number, timeout=20) == b"!%d" % number
