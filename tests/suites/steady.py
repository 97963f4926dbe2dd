#!/usr/bin/env python3
"""Checks that a suite says the same on each run of plain pytest, in any order of its tests.

    tests/suites/steady.py [--python PYTHON] [--shuffles N] FOLDER [pytest arguments]
    tests/suites/steady.py --all CACHE     every suite of this folder, with each environment of tests/fetch-suites

Only such a suite can be compared with a parallel run. What is compared, node id by node id: the outcome of each phase,
the longrepr, the captured sections, the user properties and the warnings.

The file is also the pytest plugin that records a run (-p steady, with STEADY_OUT and STEADY_SHUFFLE set).
"""

import argparse
import difflib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

OUT = "STEADY_OUT"
SHUFFLE = "STEADY_SHUFFLE"


class Recorder:
    """Writes what a run said, sorted, as JSON."""

    def __init__(self, path):
        self.path = path
        self.said = {}

    def add(self, nodeid, text):
        self.said.setdefault(nodeid, []).append(text)

    def pytest_runtest_logreport(self, report):
        where = report.nodeid + (" (subtest)" if hasattr(report, "context") else "")
        self.add(where, "%s: %s" % (report.when, report.outcome))
        if hasattr(report, "wasxfail"):
            self.add(where, "%s: wasxfail %r" % (report.when, report.wasxfail))
        self.add(where, "%s: longrepr %s" % (report.when, report.longreprtext))
        for title, text in report.sections:
            self.add(where, "%s: section %s: %s" % (report.when, title, text))
        self.add(where, "%s: properties %r" % (report.when, report.user_properties))

    def pytest_collectreport(self, report):
        if report.outcome != "passed":
            self.add("collect " + report.nodeid, "%s: %s" % (report.outcome, report.longreprtext))

    def pytest_warning_recorded(self, warning_message, when, nodeid):
        self.add(
            "warnings of " + (nodeid or "the session"),
            "%s: %s: %s" % (when, warning_message.category.__name__, warning_message.message),
        )

    def pytest_sessionfinish(self, exitstatus):
        self.add("session", "exit status %d" % exitstatus)
        pathlib.Path(self.path).write_text(json.dumps(self.said), encoding="utf-8")


def shuffle(items, seed):
    """Another order of the files, and of the tests in each: what a parallel run does to the order, and more."""
    chance = random.Random(seed)
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    groups = list(files.values())
    chance.shuffle(groups)
    for group in groups:
        chance.shuffle(group)
    items[:] = [item for group in groups for item in group]


def pytest_configure(config):
    if OUT in os.environ:
        config.pluginmanager.register(Recorder(os.environ[OUT]))


def pytest_collection_modifyitems(items):
    if SHUFFLE in os.environ:
        shuffle(items, int(os.environ[SHUFFLE]))


pytest_collection_modifyitems.pytest_impl = {"trylast": True}


def record(python, folder, arguments, seed):
    """Runs the suite once; returns what it said."""
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "said.json")
        environment = dict(os.environ, PYTHONPATH=os.path.dirname(os.path.abspath(__file__)))
        environment[OUT] = out
        if seed is not None:
            environment[SHUFFLE] = str(seed)
        command = [python, "-m", "pytest", "-p", "steady", "-p", "no:cacheprovider", "-p", "no:randomly"]
        result = subprocess.run(
            command + arguments, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if not os.path.exists(out):
            sys.stdout.buffer.write(result.stdout)
            sys.exit("steady: %s did not come to its end" % folder)
        text = pathlib.Path(out).read_text(encoding="utf-8")
        said = json.loads(text)
    return {nodeid: sorted(neutral(line) for line in lines) for nodeid, lines in said.items()}


def neutral(text):
    """Removes what has to differ between any two runs."""
    text = re.sub(r"pytest-of-\w+/pytest-\d+", "pytest-of-user/pytest-0", text)
    return re.sub(r"\b0x[0-9a-fA-F]+", "0x0", text)


def differences(first, second):
    for nodeid in sorted(first.keys() | second.keys()):
        one, two = first.get(nodeid, []), second.get(nodeid, [])
        if one != two:
            yield "  " + ascii(nodeid)[:200]
            one = "\n".join(one).splitlines()
            two = "\n".join(two).splitlines()
            for line in list(difflib.unified_diff(one, two, "first run", "this run", lineterm="", n=1))[:20]:
                yield "    " + ascii(line)[1:-1][:200]


SUITES = [
    "hard",
    "doctests",
    "werror",
    "rawids",
    "importlib_mode",
    "leaks",
    "session_teardown",
    "unittest_subtests",
    "broken",
]


def check(python, folder, arguments, shuffles):
    """Runs a suite again and again; yields the name of each run and what differed in it."""
    first = record(python, folder, arguments, None)
    for seed in [None, *range(shuffles)]:
        name = "second run" if seed is None else "shuffled with seed %d" % seed
        yield name, list(differences(first, record(python, folder, arguments, seed)))


def check_all(cache, shuffles):
    """All suites of this folder, with each environment of tests/fetch-suites."""
    passed = failed = 0
    here = pathlib.Path(__file__).resolve().parent
    for venv in ["venv-7.4", "venv-8.4", "venv"]:
        python = pathlib.Path(cache).resolve() / venv / "bin" / "python"
        if not python.exists():
            continue
        for suite in SUITES:
            arguments = ["--continue-on-collection-errors"] if suite == "broken" else []
            bad = {name: found for name, found in check(str(python), str(here / suite), arguments, shuffles) if found}
            for name, found in bad.items():
                print("%s with %s, %s: differs" % (suite, venv, name))
                print("\n".join(found[:200]))
            passed, failed = passed + (not bad), failed + bool(bad)
    print("steady: %d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="the interpreter whose pytest is asked")
    parser.add_argument("--shuffles", type=int, default=2, help="runs in another order")
    parser.add_argument("--all", metavar="CACHE", help="all suites, with the environments in this folder")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.all:
        return check_all(options.all, options.shuffles)
    if not options.folder:
        parser.error("name a folder, or --all")
    bad = 0
    for name, found in check(options.python, options.folder, options.arguments, options.shuffles):
        print("%s, %s: %s" % (options.folder, name, "differs" if found else "the same"))
        print("\n".join(found[:200]), end="\n" if found else "")
        bad += bool(found)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
