"""Byte code of test files: made by several processes, kept where Python must not write it."""

import marshal

import pytest
from conftest import normal

from hasten_worker.inspection import known_pytest

pytestmark = pytest.mark.skipif(not known_pytest.is_known(), reason="pytest compiles alone")
FILES = 12
DONT = {"PYTHONDONTWRITEBYTECODE": "1"}
FILLER = "\n".join(
    f"def test_{n}():\n    a, b = {n}, [{n}]\n    assert [a] == b" for n in range(150)
)


def write(suite):
    for number in range(FILES):
        suite.write_file(f"sub/test_{number}.py", FILLER)
    return suite


def compiled(suite):
    """Returns the contents of pytest's own byte code, by name.

    Code as objects: how often `marshal` repeats a string depends on who else has it.
    """
    return {
        path.name: (path.read_bytes()[:16], marshal.loads(path.read_bytes()[16:]))
        for path in suite.path.rglob("*.pyc")
        if "-pytest-" in path.name and "conftest" not in path.name
    }


def kept(suite):
    return sorted(path for path in suite.path.glob(".hasten/bytecode/*/*"))


def forget(suite):
    for path in suite.path.rglob("*.pyc"):
        path.unlink()


def environment(value):
    return {"PYTHONDONTWRITEBYTECODE": value}


def test_helpers_write_what_pytest_writes(suite):
    write(suite)
    suite.plain(**environment(""))
    expected = compiled(suite)
    assert len(expected) == FILES
    forget(suite)
    run = suite.run("-n", "2", env=environment(""))
    assert run.exitstatus == 0, run.out
    found = compiled(suite)
    assert found.keys() == expected.keys()
    assert found == expected
    for name, (_, code) in found.items():
        assert code.co_filename == expected[name][1].co_filename
    assert not kept(suite)


def test_nothing_is_written_beside_the_tests(suite):
    write(suite).write(conftest="import pytest")
    run = suite.run("-n", "2", env=DONT)
    assert run.exitstatus == 0, run.out
    assert not compiled(suite)
    assert len(kept(suite)) == FILES + 1
    assert (suite.path / ".hasten/.gitignore").read_text() == "# Made by hasten.\n*\n"


ONE = "def test_a():\n    x = 1\n    assert x == {}\n"


def test_a_file_that_changed_is_compiled_again(suite):
    for value, status in ((1, 0), (2, 1), (1, 0)):
        suite.write(test_one=ONE.format(value))
        run = suite.run("-n", "1", env=DONT)
        assert run.exitstatus == status, run.out
        assert len(kept(suite)) == 1


@pytest.mark.parametrize("damage", ["empty", "cut", "changed", "unreadable"])
def test_damaged_byte_code_is_made_again(suite, damage):
    suite.write(test_one=ONE.format(1))
    suite.run("-n", "1", env=DONT)
    (path,) = kept(suite)
    good = path.read_bytes()
    if damage == "unreadable":
        path.unlink()
        path.mkdir()
    else:
        bad = {"empty": b"", "cut": good[:-5], "changed": good[:-5] + b"\0\0\0\0\0"}[damage]
        path.write_bytes(bad)
    assert suite.run("-n", "1", env=DONT).exitstatus == 0
    if damage != "unreadable":
        assert path.read_bytes() == good


def test_a_folder_that_cannot_be_written(suite):
    suite.write(test_one=ONE.format(1))
    suite.write_file(".hasten/bytecode", "a file")
    assert suite.run("-n", "1", env=DONT).exitstatus == 0


WARNS = """
def test_warns():
    assert (1, "always true")
def test_fails():
    a = [1, 2]
    assert a == [1, 3], "message"
"""


@pytest.mark.parametrize("env", [DONT, environment("")])
@pytest.mark.parametrize("args", [[], ["-Werror"]])
def test_warnings_come_in_every_run(suite, env, args):
    for number in range(FILES):
        suite.write_file(f"sub/test_{number}.py", FILLER + WARNS)
    plain = suite.plain(*args, **env)
    forget(suite)
    # Two workers, so that a helper compiles; one of them gets everything, in order.
    runs = [suite.run("-n", "2", *args, env=env, chunk=10_000)]
    assert normal(runs[0].out) == normal(plain.out)
    if env == DONT:
        again = suite.run("-n", "2", *args, env=env, chunk=10_000)
        assert normal(again.out) == normal(plain.out)
        assert not kept(suite)


def test_errors_are_pytests(suite):
    write(suite).write_file("sub/test_99.py", FILLER + "\ndef broken(:\n")
    suite.write_file("sub/test_98.py", "raise RuntimeError('at import')\n" + FILLER)
    for env in (DONT, environment("")):
        plain = suite.plain(**env)
        forget(suite)
        run = suite.run("-n", "2", env=env)
        assert normal(run.out) == normal(plain.out)
        assert run.exitstatus == plain.exitstatus == 2


def test_plain_assertions_are_left_alone(suite):
    write(suite)
    run = suite.run("-n", "2", "--assert=plain", env=DONT)
    assert run.exitstatus == 0
    assert not kept(suite)


RUNS_PYTEST = """
import sys
import pytest
from _pytest.assertion import rewrite

pytest_plugins = "pytester"

def test_hook(pytester):
    # The outer run has no such hook, and would not keep what calls it.
    pytester.makeini("[pytest]\\nenable_assertion_pass_hook = true")
    pytester.makeconftest("def pytest_assertion_pass(orig): print('passed:', orig)")
    pytester.makepyfile("def test_a(): assert 1 + 1 == 2")
    pytester.runpytest("-s").stdout.fnmatch_lines("*passed: 1 + 1 == 2*")

def test_read(tmp_path):
    source, pyc = tmp_path / "a.py", tmp_path / "a.pyc"
    source.write_text("def test(): pass")
    pyc.write_bytes(b"too short")
    assert rewrite._read_pyc(source, pyc) is None
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pytest_inside_of_a_test_has_its_own_byte_code(suite, method):
    suite.write(test_one=RUNS_PYTEST)
    run = suite.run("-n", "1", "--start-method", method, env=DONT)
    assert run.exitstatus == 0, run.out
