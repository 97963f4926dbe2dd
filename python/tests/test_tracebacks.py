"""Whose fault an internal error is."""

import pytest

from hasten_worker import forking
from hasten_worker.tracebacks import is_ours


def test_what_our_own_code_raises_is_ours():
    with pytest.raises(TypeError) as ours:
        forking._wait("no number")
    assert is_ours(ours)
    with pytest.raises(TypeError) as other:
        len(3)
    assert not is_ours(other)
    assert not is_ours(None)
