"""What collection takes: files, imports, and what led to them."""

import json
import subprocess
import sys

import pytest
from conftest import environment, normal
from test_fused import same, steady

WAYS = {
    "fork": ("-n", "2"),
    "spawn": ("-n", "2", "--start-method", "spawn"),
    "one process": ("-n", "0"),
}


def sources(suite):
    suite.write_file(
        "library/__init__.py", "import time; time.sleep(0.01)\nfrom library import deep"
    )
    suite.write_file("library/deep.py", "import time; time.sleep(0.03)")
    suite.write_file("loaded_by_conftest.py", "import time; time.sleep(0.02)")
    suite.write_file("helping_plugin.py", "import time; time.sleep(0.02)\nimport loaded_by_plugin")
    suite.write_file("loaded_by_plugin.py", "import time; time.sleep(0.02)")
    suite.write_file("conftest.py", "import loaded_by_conftest")
    suite.write_file(
        "tests/test_a.py",
        """
        import time
        time.sleep(0.01)
        import library
        def test_a(): pass
        class TestIt:
            def test_b(self): import loaded_late
        """,
    )
    suite.write_file("tests/test_b.py", "import library.deep\ndef test_c(): pass")
    suite.write_file("loaded_late.py", "")
    suite.write_file("pytest.ini", "[pytest]\npythonpath = .\naddopts = -p helping_plugin\n")


@pytest.mark.parametrize("mode", ["prepend", "importlib"])
@pytest.mark.parametrize("way", WAYS)
def test_files_and_imports(suite, way, mode):
    sources(suite)
    run = suite.run(*WAYS[way], "--import-mode", mode, env={"PYTHONPATH": str(suite.path)})
    assert "3 passed" in run.out
    measured = run.collected["measured"]
    files = {name: rest for name, *rest in measured["files"]}
    assert list(files) == ["tests/test_a.py", "tests/test_b.py"]
    collection, imported = files["tests/test_a.py"]
    assert collection >= imported >= 0.05
    collection, imported = files["tests/test_b.py"]
    assert collection >= imported > 0

    imports = {module: rest for module, *rest in measured["imports"]}
    own, whole, file = imports["library"]
    assert file == "tests/test_a.py"
    assert own >= 0.01 and whole >= 0.04 and own <= whole - 0.03
    own, whole, file = imports["library.deep"]
    assert own == whole >= 0.03 and file == "tests/test_a.py"
    assert imports["loaded_by_conftest"][2] == "conftest.py"
    assert imports["loaded_by_plugin"][2] == "helping_plugin.py"
    assert imports["helping_plugin"][1] >= 0.04
    assert "loaded_late" not in imports
    if mode == "prepend":
        own, whole, file = imports["test_a"]
        assert own >= 0.01 and whole >= 0.05 and file == "tests/test_a.py"


def test_what_took_longest_is_told(suite):
    suite.write(**{f"module_{number}": "" for number in range(150)})
    suite.write_file("slow.py", "import time; time.sleep(0.02)")
    names = ", ".join(f"module_{number}" for number in range(150))
    suite.write(test_a=f"import {names}, slow\ndef test_a(): pass")
    imports = suite.run("-n", "1").collected["measured"]["imports"]
    assert len(imports) == 100
    own = [each[1] for each in imports]
    assert own == sorted(own, reverse=True)
    assert "slow" in [each[0] for each in imports]


ERRORS = {
    "missing": "import missing_module",
    "missing_deep": "import imports_missing",
    "syntax": "import bad_syntax",
    "own_syntax": "def f(:\n",
    "circular": "from circle_a import x",
    "raises": "import raises_deep",
    "recursion": "import recurses",
    "skips": "import pytest\npytest.skip('no', allow_module_level=True)",
    "name": "from json import no_such_name",
    "relative": "from . import something",
    "dynamic": "import importlib\nimportlib.import_module('raises_deep')",
    "decode": "import bad_bytes",
    "loader": "import refused",
    "good": "def test_it(): pass",
}
HELPERS = {
    "imports_missing": "import missing_module",
    "bad_syntax": "x = = 1",
    "circle_a": "from circle_b import y\nx = 1",
    "circle_b": "from circle_a import x\ny = 1",
    "raises_deep": "def f(n):\n    if n: f(n - 1)\n    raise ValueError('deep')\nf(3)",
    "recurses": "def f(): f()\nf()",
}
CONFTEST = """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "refused": raise OSError("refused")
sys.meta_path.insert(0, Finder())
"""


@pytest.mark.parametrize("args", [(), ("--full-trace",), ("--tb=native",)], ids=str)
def test_errors_are_those_of_pytest(suite, args):
    suite.write(**{"test_" + name: text for name, text in ERRORS.items()}, **HELPERS)
    (suite.path / "bad_bytes.py").write_bytes(b"# -*- coding: ascii -*-\nx = '\xff'\n")
    (suite.path / "conftest.py").write_text(CONFTEST)
    args = (*args, "--continue-on-collection-errors", "-p", "no:cacheprovider")
    plain = steady(suite.plain(*args).out)
    assert "errors in" in plain
    for number in ("1", "0"):
        ours = suite.run("-n", number, *args)
        assert len(ours.collected["measured"]["files"]) == len(ERRORS)
        same("hasten", steady(ours.out), "plain", plain)


@pytest.mark.parametrize("name", ["missing", "raises", "circular", "syntax", "loader"])
def test_errors_of_a_conftest_are_those_of_pytest(suite, name):
    suite.write(test_a="def test_a(): pass", **HELPERS)
    (suite.path / "conftest.py").write_text(CONFTEST + ERRORS[name])
    plain = suite.plain()
    assert plain.exitstatus == 4
    for number in ("1", "0"):
        ours = suite.run("-n", number)
        assert ours.exitstatus == 4
        assert normal(ours.err) == normal(plain.err)


def test_functions_are_as_before_when_tests_run(suite):
    suite.write(
        test_a="""
        def test_a():
            from _pytest import pathlib, runner
            import _frozen_importlib
            for function in (runner.pytest_make_collect_report, pathlib.import_path,
                             _frozen_importlib._find_and_load):
                assert "hasten" not in str(function.__code__.co_names)
        """
    )
    for way in WAYS.values():
        assert "1 passed" in suite.run(*way).out


WOVEN = """
import json, sys
sys.path.insert(0, {folder!r})
from hasten_worker.inspection import weaving
from hasten_worker.running import fixture_times
from hasten_worker.collection.times import TIMES
from _pytest import fixtures
kept = []
real = weaving._keep
weaving._keep = lambda path, codes: kept.append(path) or real(path, codes)
fixture_times.weave_into_pytest()
TIMES.listen()
print(json.dumps([len(kept), len(TIMES._before), fixtures.call_fixture_func.__code__.co_names]))
"""


def test_what_was_woven_is_kept(tmp_path):
    """The second process finds it, and a damaged file is no harm."""
    import shutil

    import hasten_worker

    folder = tmp_path / "hasten_worker"
    original = hasten_worker.__path__[0]
    shutil.copytree(original, folder, ignore=shutil.ignore_patterns("__pycache__"))

    def run():
        script = WOVEN.format(folder=str(tmp_path))
        env = environment(PYTHONDONTWRITEBYTECODE="")
        done = subprocess.run(
            [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    first = run()
    assert first[:2] == [2, 3]
    assert "hasten_begins_fixture" in first[2]
    assert run() == [0, *first[1:]]
    kept = list((folder / "inspection" / "__pycache__").glob("woven-*"))
    assert len(kept) == 2
    for file in kept:
        file.write_bytes(b"damaged")
    assert run() == first
