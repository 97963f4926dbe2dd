import os

import pytest


@pytest.fixture(scope="module")
def wide(module_mocker):
    return module_mocker.patch("os.getlogin", return_value="nobody")


@pytest.mark.parametrize("n", range(6))
def test_patch(mocker, n):
    stub = mocker.patch("os.listdir", return_value=[str(n)])
    assert os.listdir("/") == [str(n)]
    stub.assert_called_once_with("/")


def test_wide(wide):
    assert os.getlogin() == "nobody"


def test_fails(mocker):
    stub = mocker.stub("named")
    stub(1)
    stub.assert_called_once_with(2)


def test_spy(mocker):
    spy = mocker.spy(os, "getpid")
    assert os.getpid() == spy.spy_return
