"""Options: read by pytest, understood as pytest-xdist and pytest-timeout do."""

import importlib.util
import os
import pty
import re
import subprocess
import sys
import threading

import pytest
from conftest import environment, normal
from supervisor import outcomes

XDIST = importlib.util.find_spec("xdist") is not None
TIMEOUT = importlib.util.find_spec("pytest_timeout") is not None
PASS = "def test_a(): pass"


@pytest.mark.parametrize(
    "args, name, value",
    [
        (["-n", "3"], "numprocesses", 3),
        (["-n3"], "numprocesses", 3),
        (["-nauto"], "numprocesses", "auto"),
        (["--numprocesses=logical"], "numprocesses", "logical"),
        ([], "numprocesses", None),
        (["--dist", "loadscope"], "dist", "loadscope"),
        (["-d"], "dist", "load"),
        (["--maxprocesses=2"], "maxprocesses", 2),
        (["--start-method=spawn"], "start_method", "spawn"),
        (["--pdb"], "usepdb", True),
        (["--trace"], "trace", True),
        (["--co"], "in_process", "--collect-only"),
        (["--sw"], "in_process", None),
        (["--setup-plan"], "in_process", "--setup-plan"),
        (["--fixtures"], "in_process", "--fixtures"),
        (["--cache-show"], "in_process", "--cache-show"),
        (["--cache-clear"], "in_process", None),
        (["--help"], "in_process", "--help"),
        (["--markers"], "in_process", "--markers"),
        (["-s"], "capture", "no"),
        (["--timeout=2.5"], "limits timeout", 2.5),
        (["-o", "timeout=7"], "limits ini-timeout", 7.0),
        (["-o", "timeout=7", "--timeout=0"], "limits timeout", 0.0),
        (["--testrunuid=mine"], "testrunuid", "mine"),
        (["--isolate=test"], "rules isolate", "test"),
        (["--isolate", "file"], "rules isolate", "file"),
        (["--isolate=test"], "rules isolate", "test"),
        (["--isolate", "file"], "rules isolate", "file"),
    ],
    ids=str,
)
def test_settings(loud, args, name, value):
    loud.write(test_a=PASS)
    run = loud.run(*args, workers=1)
    found = run.settings
    for part in name.split():
        found = found[part]
    assert found == value
    assert not run.errors


def test_where_options_may_stand(loud):
    loud.write(test_a=PASS)
    loud.write_file("pytest.ini", "[pytest]\naddopts = -n 2 --dist loadfile\ntimeout = 30\n")
    assert loud.run().settings["numprocesses"] == 2
    assert loud.run("-n", "1").settings["numprocesses"] == 1
    run = loud.run(env={"PYTEST_ADDOPTS": "-n 3", "PYTEST_TIMEOUT": "20"})
    assert (run.settings["numprocesses"], run.settings["limits"]["timeout"]) == (3, 20)
    assert run.settings["dist"] == "loadfile"
    assert run.configured["limits"]["timeout"] == 20


@pytest.mark.parametrize(
    "args, text",
    [
        (["-n", "x"], "argument -n/--numprocesses: invalid parse_numprocesses value: 'x'"),
        (["--dist", "x"], "argument --dist: invalid choice: 'x'"),
        (["--timeout", "x"], "argument --timeout: invalid float value: 'x'"),
        (["-o", "timeout=x"], "Invalid timeout x from config file"),
    ],
    ids=str,
)
def test_wrong_values(loud, args, text):
    loud.write(test_a=PASS)
    run = loud.run(*args)
    assert run.exitstatus == 4
    assert text in run.err


def test_accepted_options_and_settings(loud):
    loud.write(test_a=PASS)
    loud.write_file(
        "pytest.ini",
        "[pytest]\nrsyncdirs = .\nrsyncignore = x\ntimeout_method = signal\n"
        "timeout_func_only = true\nsession_timeout = 100\nlooponfailroots = .\n",
    )
    run = loud.run(
        *("--tx=popen", "--px=id=1", "--maxschedchunk=1", "--max-worker-restart=3"),
        *("--loadscope-reorder", "--no-loadscope-reorder", "--rsyncdir=.", "--rsyncignore=x"),
        *("--timeout-method=thread", "--timeout_method=thread", "--strict-config"),
        *("--timeout-disable-debugger-detection", "--session-timeout=50", "-n1"),
    )
    assert run.exitstatus == 0, run.err + run.out
    assert run.configured["limits"]["session-timeout"] == 50
    assert run.configured["limits"]["ini-func-only"] is True


def test_marks_are_registered(loud):
    loud.write(
        test_a="""
        import pytest
        @pytest.mark.timeout(5)
        @pytest.mark.xdist_group("a")
        @pytest.mark.serial
        @pytest.mark.isolate
        def test_a(): pass
    """
    )
    for workers in ("0", "1"):
        run = loud.run("--strict-markers", "-n", workers)
        assert run.exitstatus == 0, run.out


def test_marks_that_keep_together_are_told(loud):
    loud.write(
        test_a="""
        import pytest
        group, serial = pytest.mark.xdist_group, pytest.mark.serial
        @group("b")
        @group(name="a")
        def test_a(): pass
        def test_b(): pass
        @group
        class TestC:
            def test_c(self): pass
            @serial
            def test_d(self): pass
        """
    )
    run = loud.run("-n", "1")
    assert run.exitstatus == 0, run.out
    assert run.collected["groups"] == {"a_b": [0], "default": [2, 3]}
    assert run.collected["serial"] == [3]


def test_marks_that_isolate_are_told(loud):
    loud.write(
        test_a="""
        import pytest
        isolate = pytest.mark.isolate
        def test_a(): pass
        @isolate
        class TestB:
            def test_b(self): pass
            @isolate(False)
            def test_c(self): pass
            @isolate(on=False)
            def test_d(self): pass
        @isolate(timeout=3)
        def test_e(): pass
        """
    )
    run = loud.run("-n", "1")
    assert run.exitstatus == 0, run.out
    assert run.collected["isolated"] == [1, 4]
    assert run.collected["not_isolated"] == [2, 3]


def test_hooks_of_xdist_are_known(loud):
    loud.write(
        conftest="""
        def pytest_xdist_auto_num_workers(config):
            assert config.option.numprocesses == "auto"
            return 3
        def pytest_configure_node(node): pass
        def pytest_testnodedown(node, error): pass
        def pytest_xdist_setupnodes(config, specs): pass
        def pytest_handlecrashitem(crashitem, report, sched): pass
        def pytest_xdist_make_scheduler(config, log): pass
        def pytest_timeout_set_timer(item, settings): return True
        """,
        test_a=PASS,
    )
    run = loud.run("-n", "auto", workers=1)
    assert run.exitstatus == 0, run.out + run.err
    assert run.configured["auto_workers"] == 3
    (loud.path / "conftest.py").unlink()
    run = loud.run("-n", "auto", workers=1, env={"PYTEST_XDIST_AUTO_NUM_WORKERS": "5"})
    assert run.configured["auto_workers"] == 5
    assert loud.run("-n", "auto", workers=1).configured["auto_workers"] is None


@pytest.mark.skipif(not XDIST, reason="pytest-xdist is not installed")
@pytest.mark.parametrize("args", [[], ["-p", "xdist"], ["-p", "no:xdist"], ["-p", "xdist.plugin"]])
def test_xdist_stays_out(loud, args):
    loud.write(
        conftest="""
        def pytest_report_header(config):
            return f"dsession {config.pluginmanager.hasplugin('dsession')}"
        """,
        test_a="""
        import xdist
        def test_a(worker_id, testrun_uid, request):
            assert worker_id == xdist.get_xdist_worker_id(request)
            assert xdist.is_xdist_worker(request) == (worker_id != "master")
    """,
    )
    for workers in ("0", "2"):
        run = loud.run("-n", workers, *args)
        if args == ["-p", "xdist.plugin"]:  # the module itself, by a name that is not its own
            continue
        assert run.exitstatus == 0, run.out + run.err
        assert f"dsession {workers != '0'}" in run.out
        assert "bringing up nodes" not in run.out and "xdist-" not in run.out


@pytest.mark.skipif(not TIMEOUT, reason="pytest-timeout is not installed")
@pytest.mark.parametrize("args", [[], ["-p", "no:timeout"]], ids=str)
def test_timers_of_the_plugin_are_not_set(loud, args):
    loud.write(
        test_a="""
        import pytest, signal, threading
        @pytest.mark.timeout(0.2, method="signal")
        def test_a():
            assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
            import time; time.sleep(0.3)
        @pytest.mark.timeout(0.2, method="thread")
        def test_b():
            assert threading.active_count() == 1
            import time; time.sleep(0.3)
    """
    )
    run = loud.run("-n", "1", "--timeout=0.1", *args)
    assert run.exitstatus == 0, run.out
    assert run.settings["limits"]["timeout"] == 0.1
    assert [item[2] for item in run.collected["items"]] == [0.2, 0.2]


def test_a_debugger_is_seen(loud):
    loud.write(
        sitecustomize="""
        import sys, types
        module = types.ModuleType("pydevd_tracing")
        exec("def trace(*args): return None", module.__dict__)
        sys.settrace(module.trace)
    """,
        test_a=PASS,
    )
    run = loud.run("-n", "0", env={"PYTHONPATH": str(loud.path)})
    assert run.settings["debugger"] is True
    assert loud.run("-n", "0").settings["debugger"] is False


def test_python_finds_what_pytest_gives_it(loud):
    """``sys.path``, ``sys.argv`` and the modules are those of the ``pytest`` command."""
    loud.write(
        conftest="""
        import json, os, sys
        def pytest_unconfigure(config):
            if hasattr(config, "workerinput"): return
            main = sys.modules["__main__"]
            facts = {
                "path": sys.path, "argv": sys.argv, "flags": str(sys.flags),
                "modules": sorted(sys.modules), "main": [main.__file__, str(main.__spec__)],
                "bytecode": sys.dont_write_bytecode, "hook": sys.excepthook.__qualname__,
                "args": list(config.invocation_params.args),
                "env": sorted(os.environ),
            }
            json.dump(facts, open(os.environ["FACTS"], "w"))
        """,
        test_a=PASS,
    )
    import json

    plain_file, ours_file = loud.path / "plain.json", loud.path / "ours.json"
    script = os.path.join(os.path.dirname(sys.executable), "pytest")
    args = ["-p", "no:xdist", "-p", "no:xdist.looponfail"]
    subprocess.run(
        [sys.executable, script, *args], cwd=loud.path, env=environment(FACTS=str(plain_file))
    )
    for workers in ("0", "1"):
        loud.run(*args, "-n", workers, env={"FACTS": str(ours_file)})
        plain, ours = (json.loads(file.read_text()) for file in (plain_file, ours_file))
        assert ours.pop("argv")[:-2] == plain["argv"]
        assert ours.pop("args")[:-2] == plain["args"]
        added = set(ours.pop("modules")) - set(plain["modules"])
        added = {name for name in added if not name.startswith("hasten_worker")}
        assert added <= ALLOWED, added - ALLOWED
        for name, value in ours.items():
            assert value == plain[name], name


# What the package needs beyond what pytest imports for a suite without features.
ALLOWED = {
    *("mmap", "resource", "runpy", "pkgutil", "_socket", "socket", "array", "selectors", "select"),
    *("_posixsubprocess", "importlib.metadata", "csv", "_csv", "email", "base64", "uuid", "_uuid"),
    *("hashlib", "_hashlib", "_blake2"),  # which facts the fused protocol relies on
    *("getpass", "pwd", "termios", "fcntl"),  # the folder for temporary files is made
}


def test_live_line(suite):
    suite.write(
        test_a="""
        import pytest
        @pytest.mark.parametrize("n", range(30))
        def test_pass(n): pass
        def test_fail(): assert 1 == 2
        @pytest.fixture
        def broken(): raise ValueError("in setup")
        def test_error(broken): pass
        @pytest.mark.skip
        def test_skip(): pass
    """
    )
    text, run = on_terminal(suite)
    assert run.configured["live_line"] is True
    body = text.split("collected 33 items")[1].split("= ERRORS =")[0]
    lines = [line for line in body.splitlines() if line.strip("= ")]
    assert lines == [
        "FAILED test_a.py::test_fail - assert 1 == 2",
        "ERROR test_a.py::test_error - ValueError: in setup",
    ]
    assert "1 failed, 30 passed, 1 skipped, 1 error" in text
    assert run.exitstatus == 1
    assert run.idle[0] == 0 and run.idle == sorted(run.idle)


@pytest.mark.parametrize("args", [["-v"], ["-q"], ["-s"]], ids=str)
def test_no_live_line(suite, args):
    suite.write(test_a=PASS)
    text, run = on_terminal(suite, *args)
    assert run.configured["live_line"] is False
    assert "1 passed" in text


def test_colours_of_a_terminal(suite):
    suite.write(
        test_a="""
        import logging
        def test_diff():
            logging.getLogger().error("in colour")
            assert {"a": 1} == {"a": 2}
    """
    )
    ours, run = on_terminal(suite, "-v", raw=True)
    plain = plain_on_terminal(suite, "-v")
    assert normal(ours) == normal(plain)
    assert found_failures(run) == {"test_a.py::test_diff"}


def found_failures(run):
    return {name for name, parts in outcomes(run).items() if ("call", "failed") in parts}


def on_terminal(suite, *args, raw=False):
    primary, secondary = pty.openpty()
    text = read_all(primary)
    file = os.fdopen(secondary, "wb", 0)
    run = suite.run("-n", "1", *args, stdout=file, env={"TERM": "xterm"})
    file.close()
    output = text()
    return (output if raw else re.sub(r"\x1b\[[\d;]*[mK]", "", output)), run


def plain_on_terminal(suite, *args):
    from conftest import QUIET

    primary, secondary = pty.openpty()
    text = read_all(primary)
    script = os.path.join(os.path.dirname(sys.executable), "pytest")
    subprocess.run(
        [sys.executable, script, *QUIET, *args],
        cwd=suite.path,
        env=environment(TERM="xterm"),
        stdin=subprocess.DEVNULL,
        stdout=secondary,
        stderr=subprocess.DEVNULL,
    )
    os.close(secondary)
    return text()


def read_all(descriptor):
    parts = []

    def read():
        while True:
            try:
                data = os.read(descriptor, 1 << 16)
            except OSError:
                return
            if not data:
                return
            parts.append(data)

    thread = threading.Thread(target=read)
    thread.start()

    def finish():
        thread.join()
        os.close(descriptor)
        return b"".join(parts).decode().replace("\r\n", "\n")

    return finish


@pytest.mark.skipif(not TIMEOUT, reason="pytest-timeout is not installed")
def test_marks_that_end_a_run_with_the_plugin_alone(loud):
    loud.write(
        test_a="""
        import pytest
        @pytest.mark.timeout(5, disable_debugger_detection=True)
        def test_a(): pass
        @pytest.mark.timeout
        def test_b(): pass
        """
    )
    run = loud.run("-n", "1")
    assert run.exitstatus == 0 and "2 passed" in run.out
