import pytest


@pytest.mark.parametrize("n", range(3))
def test_runs(server, n):
    assert server.isrunning()


def test_other():
    pass
