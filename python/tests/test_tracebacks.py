"""Whose fault an internal error is."""

import pytest

from hasten_worker.inspection.tracebacks import is_ours
from hasten_worker.processes import forking


def test_what_our_own_code_raises_is_ours():
    with pytest.raises(TypeError) as ours:
        forking._wait("no number")
    assert is_ours(ours)
    with pytest.raises(TypeError) as other:
        len(3)
    assert not is_ours(other)
    assert not is_ours(None)
