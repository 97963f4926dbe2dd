import sys
from pathlib import Path

import pytest

from shop.cli import main

pytestmark = pytest.mark.integration


@pytest.fixture
def settings(monkeypatch):
    monkeypatch.setenv("SHOP_CATALOGUE", str(Path(__file__).parents[1] / "catalogue.json"))
    return monkeypatch


def test_search(settings, capsys):
    assert main(["search", "bicycle", "part"]) == 0
    assert capsys.readouterr().out == "B-002      7.90 EUR  Bicycle bell\nB-003     24.50 EUR  Bicycle lamp\n"


@pytest.mark.parametrize("country", ["DE", "FR"])
def test_price(settings, capsys, country):
    settings.setenv("SHOP_COUNTRY", country)
    assert main(["price", "B-002", "B-002"]) == 0
    assert capsys.readouterr().out == "20.70 EUR\n"


def test_unknown_product(settings, capsys):
    assert main(["price", "X-1"]) == 1
    assert "X-1" in capsys.readouterr().err


def test_no_catalogue(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["search", "bell"]) == 2
    assert capsys.readouterr().err == "no catalogue at catalogue.json\n"


def test_usage(settings, capsys):
    assert main([]) == 2
    assert "search WORDS" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "win32", reason="console code pages are a matter of Windows")
def test_old_consoles(settings, capsys):
    assert main(["search", "käse"]) == 0
