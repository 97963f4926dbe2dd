"""A conftest that reads the worker's identity while it is imported."""

import os

import pytest


@pytest.mark.parametrize("turn", range(4))
def test_before(turn):
    pass


def test_fault(worker_id):
    import conftest

    assert conftest.WORKER == os.environ.get("PYTEST_XDIST_WORKER")
    assert conftest.WORKER == (None if worker_id == "master" else worker_id)


@pytest.mark.parametrize("turn", range(4))
def test_after(turn):
    pass
