"""Suites to run, plain pytest to compare with, and a supervisor."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap

import pytest
from supervisor import Supervisor

HERE = os.path.dirname(os.path.abspath(__file__))
# For plain pytest, as if the wheel were installed: what suites import.
PACKAGES = os.path.dirname(HERE)
# pytest-xdist is kept out by hasten; what is installed in this environment is no part of a test.
QUIET = ["-p", "no:xdist", "-p", "no:xdist.looponfail", "-p", "no:hypothesispytest"]


def environment(**more):
    env = dict(os.environ, COLUMNS="80", PYTHONHASHSEED="0", **more)
    for name in list(env):
        if name.startswith("PYTEST_") and name not in more:
            del env[name]
    return env


class Plain:
    """What plain pytest says."""

    def __init__(self, args, cwd, env):
        done = subprocess.run(
            [sys.executable, "-c", "import sys, pytest; sys.exit(pytest.console_main())", *args],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.out, self.err, self.exitstatus = done.stdout, done.stderr, done.returncode


class Suite:
    """A folder with tests."""

    def __init__(self, path):
        self.path = path

    def write(self, **files):
        for name, content in files.items():
            self.write_file(name + ".py", content)
        return self

    def write_file(self, name, content):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content), encoding="utf-8")
        return self

    def plain(self, *args, **env):
        script = os.path.join(os.path.dirname(sys.executable), "pytest")
        plain = Plain.__new__(Plain)
        done = subprocess.run(
            [sys.executable, script, *QUIET, *map(str, args)],
            cwd=self.path,
            env=environment(**env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        plain.out, plain.err, plain.exitstatus = done.stdout, done.stderr, done.returncode
        return plain

    def run(self, *args, **options):
        options["env"] = environment(**options.get("env", {}))
        return Supervisor([*QUIET, *args], self.path, **options).run()

    def recorded(self, *args):
        """Returns what plain pytest reports: ``{nodeid: [(when, outcome, sections, text)…]}``."""
        target = self.path / "recorded.json"
        self.plain(
            *args,
            "-p",
            "record_reports",
            PYTHONPATH=f"{HERE}{os.pathsep}{PACKAGES}",
            RECORD_REPORTS=str(target),
        )
        found = json.loads(target.read_text(encoding="utf-8"))
        target.unlink()
        return {nodeid: [tuple(part) for part in parts] for nodeid, parts in found.items()}

    def cache(self):
        """Returns the content of pytest's cache."""
        folder = self.path / ".pytest_cache" / "v" / "cache"
        return {path.name: json.loads(path.read_text()) for path in folder.glob("*")}

    def forget(self):
        shutil.rmtree(self.path / ".pytest_cache", ignore_errors=True)


class Loud(Suite):
    """A suite that runs with whatever plugins are installed."""

    def run(self, *args, **options):
        options["env"] = environment(**options.get("env", {}))
        return Supervisor(list(args), self.path, **options).run()


@pytest.fixture(autouse=True)
def limit():
    """A test that hangs fails, with its stack, and the others run."""

    def stop(number, frame):
        raise TimeoutError("the test takes more than 300 s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def loud(tmp_path):
    return Loud(tmp_path)


@pytest.fixture
def suite(tmp_path):
    folder = tmp_path / "suite"
    folder.mkdir()
    return Suite(folder)


def normal(text):
    """Returns a text without what differs from run to run."""
    text = re.sub(r"\d+\.\d\ds\b", "T.TTs", text)
    text = re.sub(r" in \d+\.\d+s( \(\d+:\d+:\d+\))?", " in Ts", text)
    text = re.sub(r'time="[\d.]+"', 'time="T"', text)
    text = re.sub(r'timestamp="[^"]*"', 'timestamp="T"', text)
    text = re.sub(r"0x[0-9a-f]{6,}", "0xADDRESS", text)
    return re.sub(r"={2,}", "==", text)
