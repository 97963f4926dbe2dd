"""The environment that all tools share, and what one tool or one suite adds to it for its own runs.

Plugins of pytest load by themselves wherever they are installed. So the shared environment has none; a folder on
PYTHONPATH has those of one tool, or of one suite. Interpreter, pytest and cached byte code are the same for all.
"""

import importlib.metadata
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
REQUIREMENTS = ROOT / "bench" / "requirements"
CONSTRAINTS = ROOT / "tests" / "suites" / "constraints.txt"
VENV = CACHE / "venv"
# What would change how a tool runs, or where byte code lies.
DROPPED_PREFIXES = ("PYTEST_", "RSTEST_", "HASTEN_", "KARVA_")
DROPPED = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONPATH", "VIRTUAL_ENV", "COLUMNS")


class Unavailable(Exception):
    """What a tool needs does not install here."""


def made(folder, wanted, make):
    """Makes the folder, unless it was made from the same."""
    stamp = folder / ".made-from"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        make()
        stamp.write_text(wanted)
    return folder


def shared():
    """The environment with pytest and what the suites import."""
    requirements = REQUIREMENTS / "suites.txt"

    def make():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        pip("-r", requirements)

    return made(VENV, sys.version + requirements.read_text() + CONSTRAINTS.read_text(), make)


def addition(name):
    """The folder with what requirements/NAME.txt adds to the shared environment."""
    requirements = REQUIREMENTS / (name + ".txt")
    folder = CACHE / "with" / name

    def make():
        try:
            # --prefix leaves alone what the shared environment has.
            pip("--prefix", folder, "-r", requirements)
        except subprocess.CalledProcessError as error:
            raise Unavailable("%s does not install here" % name) from error

    return made(folder, (shared() / ".made-from").read_text() + requirements.read_text(), make)


def pip(*arguments):
    command = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "-c", CONSTRAINTS, *arguments], check=True)


def packages(folder):
    """Where an environment or an addition has its packages."""
    return next((folder / "lib").glob("python*")) / "site-packages"


def variables(additions, temporary):
    """The environment variables of a run: ours, with these additions active."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in DROPPED and not name.startswith(DROPPED_PREFIXES)
    }
    folders = [addition(name) for name in additions]
    # As in an activated environment: karva looks for its worker there.
    bins = [str(folder / "bin") for folder in [*folders, VENV]]
    kept["PATH"] = os.pathsep.join([*bins, kept.get("PATH", os.defpath)])
    if folders:
        kept["PYTHONPATH"] = os.pathsep.join(str(packages(folder)) for folder in folders)
    kept["TMPDIR"] = str(temporary)
    return kept


def version(folder, package):
    """The version of a package in an environment or an addition."""
    path = [str(packages(folder))]
    return next(one.version for one in importlib.metadata.distributions(name=package, path=path))
