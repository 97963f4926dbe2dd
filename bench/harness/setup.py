"""The environment and the suites that are measured."""

import os
import pathlib
import shutil
import subprocess
import sys

import generate

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
FETCHED = pathlib.Path(os.environ.get("HASTEN_SUITES") or ROOT / ".cache" / "suites").resolve()
# name -> pytest's arguments
REAL = {"jinja2": ["tests"], "pluggy": ["testing"], "marshmallow": ["tests"], "click": ["tests"]}
GENERATED = ["small", "heavy", "article"]
SUITES = ["small", *REAL, "heavy", "article"]


class Suite:
    """A folder, and what is said to the tools there."""

    def __init__(self, name, folder, arguments):
        self.name, self.folder, self.arguments = name, folder, arguments

    def forget(self):
        """Removes what the tools remember of earlier runs."""
        for name in (".hasten", ".rstest_cache", ".pytest_cache"):
            shutil.rmtree(self.folder / name, ignore_errors=True)


def make_venv():
    """Makes the environment, unless it was made from the same requirements; returns its bin folder."""
    venv = CACHE / "venv"
    requirements = ROOT / "bench" / "requirements.txt"
    constraints = ROOT / "tests" / "suites" / "constraints.txt"
    wanted = sys.version + requirements.read_text() + constraints.read_text()
    stamp = venv / ".made-from"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-c", constraints, "-r", requirements], check=True)
        stamp.write_text(wanted)
    return venv / "bin"


def make_suites(names, full_article):
    """Writes or copies the suites."""
    wanted = [name for name in names if name in REAL]
    if wanted:
        subprocess.run([ROOT / "tests" / "fetch-suites", *wanted], check=True)
    suites = []
    for name in names:
        folder = CACHE / "suites" / name
        shutil.rmtree(folder, ignore_errors=True)
        if name in REAL:
            shutil.copytree(FETCHED / name / "src", folder, ignore=shutil.ignore_patterns(".hasten", ".*_cache"))
        else:
            generate.generate(name, folder, full_article)
        suites.append(Suite(name, folder, REAL.get(name, [])))
    return suites
