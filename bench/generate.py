#!/usr/bin/env python3
"""Writes the generated suites: bench/generate.py one|small|many|params|heavy|article FOLDER [--full]."""

import argparse
import pathlib

ONE = """def test_one():
    assert 1 + 1 == 2
"""
SMALL_HEAD = """import pytest


@pytest.fixture
def val():
    return 41


def test_0(val):
    assert val + 1 == 42
"""
SMALL_TEST = """

def test_{number}():
    x = {number}
    assert x + 1 == {number} + 1
"""
PARAMS_TEST = """

@pytest.mark.parametrize("value", range(40))
def test_{number}(value):
    assert value + {number} - {number} == value
"""
HEAVY_CONFTEST = '''"""Imports what many projects of data people import."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def frame():
    return pd.DataFrame({"a": np.arange(10), "b": np.linspace(0, 1, 10)})


@pytest.fixture(scope="session")
def table():
    generator = np.random.default_rng(0)
    return pd.DataFrame(generator.random((1000, 8)), columns=list("abcdefgh"))
'''
HEAVY_FILE = """import numpy as np
import pytest


@pytest.mark.parametrize("number", range(20))
def test_sum(frame, number):
    assert (frame["a"] + number).sum() == 45 + 10 * number


@pytest.mark.parametrize("number", range(16))
def test_mean(table, number):
    column = table.columns[number % 8]
    assert np.isclose(table[column].mean(), table[column].to_numpy().mean())


def test_group(table):
    assert table.assign(key=np.arange(1000) % 7).groupby("key").size().sum() == 1000


def test_sort(table):
    assert table.sort_values("a")["a"].is_monotonic_increasing


def test_dot():
    assert np.eye(20).dot(np.ones(20)).sum() == 20


def test_plain():
    assert sum(range(10)) == 45
"""
ARTICLE = '''"""The sample of the article 'Optimizing pytest runtime'{note}."""

import time


class Test:
    def test_fastest(self):
        time.sleep({fastest})

    def test_slow(self):
        time.sleep({slow})

    def test_slowest(self):
        time.sleep({slowest})
'''


def one(folder):
    (folder / "test_one.py").write_text(ONE)


def small(folder, files=50, tests_each=100):
    tests = "".join(SMALL_TEST.format(number=number) for number in range(1, tests_each))
    for file in range(files):
        (folder / ("test_m%02d.py" % file)).write_text(SMALL_HEAD + tests)


def many(folder):
    small(folder, files=400, tests_each=50)


def params(folder):
    functions = "".join(PARAMS_TEST.format(number=number) for number in range(50))
    for file in range(10):
        (folder / ("test_p%02d.py" % file)).write_text("import pytest\n" + functions)


def heavy(folder):
    (folder / "conftest.py").write_text(HEAVY_CONFTEST)
    for file in range(10):
        (folder / ("test_h%02d.py" % file)).write_text(HEAVY_FILE)


def article(folder, full):
    scale = 1 if full else 0.1
    sleeps = {"fastest": 5 * scale, "slow": 40 * scale, "slowest": 100 * scale}
    note = "" if full else ", with its sleeps at a tenth"
    (folder / "test_sample.py").write_text(ARTICLE.format(note=note, **sleeps))


WRITERS = {"one": one, "small": small, "many": many, "params": params, "heavy": heavy}


def generate(name, folder, full=False):
    """Writes one suite into an empty folder."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # A root of its own, whatever lies above; the second is karva's.
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "karva.toml").write_text("")
    if name == "article":
        article(folder, full)
    else:
        WRITERS[name](folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=[*WRITERS, "article"])
    parser.add_argument("folder")
    parser.add_argument("--full", action="store_true", help="the article's sleeps at full length")
    options = parser.parse_args()
    generate(options.name, options.folder, options.full)


if __name__ == "__main__":
    main()
