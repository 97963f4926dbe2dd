"""Two pages, and a browser to look at them with."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import webdriver

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "target" / "debug"
MISSING = "chromium and chromedriver are not installed: scripts/install-chromium installs Debian's"


@pytest.fixture(scope="session")
def browser():
    driver, binary = shutil.which("chromedriver"), shutil.which("chromium")
    if not (driver and binary):
        if os.environ.get("CI") or os.environ.get("HASTEN_CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with webdriver.browser(driver, binary) as found:
        found.open("about:blank")
        yield found
        found.close()


@pytest.fixture
def page(browser):
    """The browser, in the state that a user would find; at the end nothing may have been complained of or asked for."""
    browser.emulate_dark(False)
    browser.resize(1400, 1000)
    browser.open("about:blank")
    browser.console(), browser.requests()
    yield browser
    assert browser.console() == []
    asked = [url for url in browser.requests() if not url.startswith("file:")]
    assert asked == []


@pytest.fixture
def shots(request):
    """A function that keeps a picture, to be looked at: .cache/report/NAME.png."""
    folder = ROOT / ".cache" / "report"
    folder.mkdir(parents=True, exist_ok=True)
    return lambda browser, name: browser.screenshot(folder / f"{name}.png")


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The page of a real run, the third one of its suite."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(ROOT / "tests" / "report" / "suite" / "shop.py", folder / "test_shop.py")
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "quarantine.txt").write_text("test_shop.py::test_disputed\n")
    options = ["-n", "2", "--retries", "1", "--timeout", "1", "--quarantine", "quarantine.txt"]
    for _ in range(3):
        (folder / "seen").unlink(missing_ok=True)
        run = _hasten(folder, *options, "--python", sys.executable)
        assert run.returncode == 1, run.stdout + run.stderr
    return _report(folder)


@pytest.fixture(scope="session")
def big(tmp_path_factory):
    """The page of 50,000 made-up tests."""
    folder = tmp_path_factory.mktemp("big")
    subprocess.run([TARGET / "examples" / "history", folder, "50000", "5", "8"], check=True)
    return _report(folder)


@pytest.fixture(scope="session")
def quiet(tmp_path_factory):
    """The page of the only run of one test, which passed."""
    folder = tmp_path_factory.mktemp("quiet")
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_one.py").write_text("def test_one(): pass\n")
    run = _hasten(folder, "-n", "0", "--python", sys.executable)
    assert run.returncode == 0, run.stdout + run.stderr
    return _report(folder)


def _report(folder):
    report = _hasten(folder, "report")
    assert report.returncode == 0, report.stderr
    return (folder / "hasten-report.html").as_uri()


def _hasten(folder, *args):
    environment = {**os.environ, "COLUMNS": "80"}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run([TARGET / "hasten", *args], cwd=folder, env=environment, capture_output=True, text=True)
