import pytest


@pytest.fixture
def where(where):
    return where + ["alpha"]


def pytest_runtest_call(item):
    item.add_report_section("call", "alpha", "seen by the conftest of alpha\n")
