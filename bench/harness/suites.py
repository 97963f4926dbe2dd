"""The suites that are measured."""

import os
import pathlib
import shutil
import subprocess

import generate

from .environments import CACHE, ROOT

FETCHED = pathlib.Path(os.environ.get("HASTEN_SUITES") or ROOT / ".cache" / "suites").resolve()
# name -> the arguments of every tool
REAL = {
    "jinja2": ["tests"],
    "pluggy": ["testing"],
    "marshmallow": ["tests"],
    "click": ["tests"],
    "attrs": ["tests"],
    "babel": ["tests"],
    "networkx": ["networkx"],
    "requests": ["tests"],
}
DEFAULT = ["one", "small", "jinja2", "pluggy", "marshmallow", "click", "attrs", "heavy", "article"]
ALL = ["one", "small", "many", "params", "heavy", *REAL, "article"]
# Suites with requirements of their own, in requirements/NAME.txt.
ADDITIONS = {"attrs", "requests"}
# Tests that need an address outside of this machine which never answers: renamed in the copy, so that no tool finds
# them. Not every tool has --deselect.
WITHHELD = {"requests": {"tests/test_requests.py": ["test_connect_timeout", "test_total_timeout_connect"]}}
# What the tools keep beside the tests.
REMEMBERED = [".hasten", ".rstest_cache", ".rustest_cache", ".karva_cache", ".pytest_cache", ".hypothesis"]


class Suite:
    """A folder, and what is said to the tools there."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.arguments = REAL.get(name, [])
        self.additions = [name] if name in ADDITIONS else []

    def forget(self):
        """Removes what the tools remember of earlier runs."""
        for name in REMEMBERED:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def cool(self):
        """Removes the byte code too."""
        self.forget()
        for cached in list(self.folder.rglob("__pycache__")):
            shutil.rmtree(cached, ignore_errors=True)


def make(names, full_article):
    """Writes or copies the suites."""
    wanted = [name for name in names if name in REAL]
    if wanted:
        subprocess.run([ROOT / "tests" / "fetch-suites", "--sources", *wanted], check=True)
    suites = []
    for name in names:
        folder = CACHE / "suites" / name
        shutil.rmtree(folder, ignore_errors=True)
        if name in REAL:
            ignored = shutil.ignore_patterns(".hasten", ".*_cache", "__pycache__")
            shutil.copytree(FETCHED / name / "src", folder, ignore=ignored)
            withhold(folder, WITHHELD.get(name, {}))
        else:
            generate.generate(name, folder, full_article)
        suites.append(Suite(name, folder))
    return suites


def withhold(folder, files):
    for path, names in files.items():
        text = (folder / path).read_text(encoding="utf-8")
        for name in names:
            if "def %s(" % name not in text:
                raise ValueError("%s has no test named %s" % (path, name))
            text = text.replace("def %s(" % name, "def withheld_%s(" % name)
        (folder / path).write_text(text, encoding="utf-8")
