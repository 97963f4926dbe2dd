import package
import pytest


@pytest.fixture(scope="session")
def wide():
    yield package.search([1], 1)
    package.search([1], 2)
