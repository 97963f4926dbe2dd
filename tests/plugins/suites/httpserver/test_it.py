import urllib.request

import pytest


@pytest.mark.parametrize("n", range(6))
def test_server(httpserver, n):
    httpserver.expect_request("/n").respond_with_data(str(n))
    with urllib.request.urlopen(httpserver.url_for("/n")) as answer:
        assert answer.read() == str(n).encode()


def test_fails(httpserver):
    httpserver.expect_request("/there").respond_with_data("x")
    with pytest.raises(OSError):
        urllib.request.urlopen(httpserver.url_for("/not-there"))
    httpserver.check_assertions()
