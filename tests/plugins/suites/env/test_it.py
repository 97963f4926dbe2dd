import os

import pytest


@pytest.mark.parametrize("n", range(4))
def test_variables(n):
    assert os.environ["GREETING"] == "hello"
    assert os.environ["RAW"] == "{literal}"
    assert os.environ["HOME"] != "/never"
