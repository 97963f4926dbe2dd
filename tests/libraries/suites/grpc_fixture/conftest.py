import echo
import grpc
import pytest


@pytest.fixture(scope="session")
def call():
    server, port = echo.serve()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel.unary_unary("/echo/Say")
    server.stop(None)
