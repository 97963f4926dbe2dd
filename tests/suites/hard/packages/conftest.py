import pytest


@pytest.fixture
def where():
    return ["packages"]


@pytest.fixture(scope="package")
def package_name(request):
    return request.node.name
