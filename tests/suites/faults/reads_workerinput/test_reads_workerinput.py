"""A conftest that reads config.workerinput while it is configured."""

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault(pytestconfig, worker_id):
    assert pytestconfig.named_after == worker_id


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
