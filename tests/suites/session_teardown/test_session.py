import pytest


@pytest.fixture(scope="session")
def broken():
    print("session set-up")
    yield 1
    print("session teardown")
    raise ValueError("session teardown")


def test_only(broken):
    print("in the call")
