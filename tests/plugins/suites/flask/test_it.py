import pytest


@pytest.mark.parametrize("n", range(6))
def test_client(client, n):
    assert client.post("/echo", json={"n": n}).json == {"n": n}


@pytest.mark.options(debug=True)
def test_config(config):
    assert config["DEBUG"]


def test_fails(client):
    assert client.get("/").data == b"bye"


@pytest.mark.parametrize("n", range(2))
def test_status(client, n):
    assert client.get("/nowhere").status_code == 404
