"""The life of workers: identity, forks, ends."""

import json
import os
import signal

import pytest
from conftest import normal
from supervisor import outcomes

from hasten_worker.messages import records, wire

READS = {
    "getenv": "import os; X = os.getenv('PYTEST_XDIST_WORKER')",
    "get": "import os; X = os.environ.get('PYTEST_XDIST_WORKER', 'x')",
    "item": "import os; X = os.environ['PYTEST_XDIST_WORKER']",
    "count": "import os; X = os.environ['PYTEST_XDIST_WORKER_COUNT']",
    "workerinput": "def pytest_configure(config): X = config.workerinput['workerid']\n"
    "import os\n"
    "if 'PYTEST_XDIST_WORKER' not in os.environ: del pytest_configure",
    "session": "import os\ndef pytest_sessionstart(): X = os.environ.get('PYTEST_XDIST_WORKER')",
    "module": None,
}
NO_READS = {
    "copy": "import os; X = os.environ.copy(); Y = dict(os.environ); Z = {**os.environ}",
    "items": "import os; X = list(os.environ.items()); Y = [os.environ[n] for n in os.environ]",
    "child": "import subprocess, sys, os\n"
    "subprocess.run([sys.executable, '-c', ''], env=dict(os.environ, A='1'))",
    "later": "import os, pytest\n"
    "@pytest.fixture(autouse=True)\n"
    "def a(): return os.environ['PYTEST_XDIST_WORKER']\n"
    "def pytest_runtest_setup(item): item.config.workerinput['workerid']",
    "is worker": "def pytest_configure(config): X = hasattr(config, 'workerinput')",
}
# These are the same in all workers, but not in main, which loads the conftest files for them.
SAME_IN_WORKERS = {
    "in": "import os; X = 'PYTEST_XDIST_WORKER' in os.environ",
    "uid": "import os; X = os.environ.get('PYTEST_XDIST_TESTRUNUID')",
}
IDENTITY = """
    import os, pytest
    @pytest.mark.parametrize("n", range(8))
    def test_identity(n, worker_id, testrun_uid, request, tmp_path_factory):
        assert os.environ["PYTEST_XDIST_WORKER"] == worker_id
        assert os.environ["PYTEST_XDIST_WORKER_COUNT"] == "2"
        assert os.environ["PYTEST_XDIST_TESTRUNUID"] == testrun_uid
        assert request.config.workerinput["workerid"] == worker_id
        assert request.config.workerinput["workercount"] == 2
        assert request.config.option.dist == "no"
        assert request.config.option.numprocesses is None
        assert tmp_path_factory.getbasetemp().name == "popen-" + worker_id
        print(worker_id)
        request.node.user_properties.append(("worker", worker_id))
"""


def worker_names(run):
    names = set()
    for sent in run.by_item.values():
        for record in sent:
            if record[1] == records.REPORT:
                names.update(dict(json.loads(record[-1])["user_properties"]).values())
    return names


@pytest.mark.parametrize("name", READS)
def test_reads_of_the_identity(suite, name):
    body = READS["item"] if name == "module" else READS[name]
    if name == "module":
        suite.write(test_reads="import os; X = os.environ.get('PYTEST_XDIST_WORKER')")
    else:
        guarded = "import os\n" + body
        if "environ['" in body:
            guarded = "import os\nif 'PYTEST_XDIST_WORKER' in os.environ:\n    " + body.replace(
                "import os; ", ""
            )
        suite.write(conftest=guarded)
    suite.write(test_a=IDENTITY)
    run = suite.run("-n", "2", chunk=1, together=True, full_reports=True)
    causes = run.unsafe
    assert [cause["kind"] for cause in causes] == ["identity"], causes
    file = "test_reads.py:" if name == "module" else "conftest.py:"
    assert causes[0]["cause"].startswith(file)
    assert run.exitstatus == 0, run.out
    assert worker_names(run) <= {"gw0", "gw1"}


@pytest.mark.parametrize("name", NO_READS)
def test_what_is_no_read_of_the_identity(suite, name):
    body = NO_READS[name]
    suite.write(conftest=body, test_a=IDENTITY)
    run = suite.run("-n", "2", chunk=1, together=True, full_reports=True)
    assert run.unsafe == []
    assert run.exitstatus == 0, run.out
    assert worker_names(run) == {"gw0", "gw1"}


@pytest.mark.parametrize("name", SAME_IN_WORKERS)
@pytest.mark.parametrize("file", ["conftest", "test_reads"])
def test_reads_of_what_all_workers_share(suite, file, name):
    expected = " is not None" if name == "uid" else ""
    suite.write(**{file: SAME_IN_WORKERS[name]}, test_a=IDENTITY)
    suite.write(test_b=f"import {file}\ndef test_b(): assert {file}.X{expected}")
    run = suite.run("-n", "2", chunk=1, together=True, full_reports=True)
    assert [cause["kind"] for cause in run.unsafe] == ["identity"] * (file == "conftest")
    assert run.exitstatus == 0, run.out
    assert worker_names(run) == {"gw0", "gw1"}


def test_environment_is_as_before(suite):
    suite.write(
        test_a="""
        import os
        def test_class():
            assert type(os.environ) is os._Environ, type(os.environ)
            assert "Environ" in repr(os.environ) or "environ" in repr(os.environ)
    """
    )
    assert suite.run("-n", "1").exitstatus == 0


def test_main_has_no_identity(suite):
    suite.write(
        conftest="""
        import os
        def pytest_unconfigure(config):
            if not hasattr(config, "workerinput"):
                names = [name for name in os.environ if name.startswith("PYTEST_XDIST")]
                open("main.txt", "w").write(repr((names, config.option.dist, config.option.tx)))
        """,
        test_a="def test_a(worker_id): assert worker_id == 'gw0'",
        test_b="",
    )
    assert suite.run("-n", "1").exitstatus == 0
    assert (suite.path / "main.txt").read_text() == "([], 'load', ['popen'])"
    suite.write(test_a="def test_a(worker_id): assert worker_id == 'master'")
    assert suite.run("-n", "0").exitstatus == 0
    assert (suite.path / "main.txt").read_text() == "([], 'no', [])"


def test_threads_are_named(suite):
    suite.write(
        conftest="""
        import threading
        def wait_for_ever(): threading.Event().wait()
        threading.Thread(target=wait_for_ever, name="poller", daemon=True).start()
    """,
        test_a=IDENTITY,
    )
    run = suite.run("-n", "2", chunk=1, together=True, full_reports=True)
    (cause,) = run.unsafe
    assert cause == {"kind": "threads", "cause": "thread 'poller' (conftest.wait_for_ever)"}
    assert run.exitstatus == 0, run.out


def test_threads_that_have_ended_are_no_reason(suite):
    suite.write(
        conftest="import threading\nt = threading.Thread(target=print)\nt.start()\nt.join()",
        test_a="def test_a(): pass",
    )
    run = suite.run("-n", "1")
    assert run.unsafe == []


@pytest.mark.parametrize(
    "body",
    [
        "import resource, signal; signal.signal(signal.SIGPIPE, signal.SIG_DFL)",
        "import socket; socket.setdefaulttimeout(0.001)",
        "import time; time.monotonic_ns = time.time_ns = time.time = lambda: 0",
        "os.environ.clear()",
        "import sys; sys.stdout = sys.stderr = None",
        "import builtins; builtins.print = None",
        "import json; json.dumps = json.loads = None",
        "os.chdir('/'); sys_path = None",
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "import gc; gc.disable()",
    ],
)
def test_what_tests_do_to_their_process(suite, body):
    suite.write(
        test_a=f"""
        import os
        def test_1(): {body}
        """,
        test_b="""
        def test_2(): pass
        def test_3(): assert 0
        """,
    )
    run = suite.run("-n", "1", chunk=10)
    found = outcomes(run)
    assert found["test_a.py::test_1"][:2] == [("setup", "passed"), ("call", "passed")], found
    assert {outcome for _, outcome in found["test_b.py::test_2"]} == {"passed"}
    assert found["test_b.py::test_3"][1] == ("call", "failed")


@pytest.mark.parametrize("highest", [256, 65536])
@pytest.mark.parametrize("capture", ["fd", "no"])
def test_closed_descriptors(suite, highest, capture):
    suite.write(
        test_a=f"""
        import os
        def test_1(): pass
        def test_2(): os.closerange(3, {highest})
        def test_3(): pass
    """
    )
    run = suite.run("-n", "1", f"--capture={capture}", chunk=10)
    found = outcomes(run)
    # pytest itself does not survive the loss of its capture files; the other tests do.
    call = "passed" if capture == "no" else "failed"
    assert found["test_a.py::test_2"][:2] == [("setup", "passed"), ("call", call)]
    for name in ("test_1", "test_3"):
        assert {outcome for _, outcome in found["test_a.py::" + name]} == {"passed"}
    assert run.exitstatus == (0 if capture == "no" else 1)


def test_a_crash_leaves_its_traces(suite):
    suite.write(
        test_a="""
        import os, signal
        def test_1(): pass
        def test_2(): print("last words", flush=True); os.kill(os.getpid(), signal.SIGKILL)
        def test_3(): pass
    """
    )
    run = suite.run("-n", "1", chunk=10)
    assert run.crashed[:2] == (1, 2)
    assert run.crashed[2] == b"last words\n"
    assert outcomes(run)["test_a.py::test_2"] == [("call", "failed")]
    assert len(outcomes(run)) == 3
    assert "1 failed, 2 passed" in run.out
    assert run.exitstatus == 1


def test_a_fatal_signal_leaves_its_stack(suite):
    suite.write(
        test_a="""
        import os, signal, faulthandler
        def test_1(): os.kill(os.getpid(), signal.SIGSEGV)
    """
    )
    run = suite.run("-n", "1")
    stack = os.pread(run.workers()[0].files[3], 1 << 16, 0).decode()
    assert "Fatal Python error: Segmentation fault" in stack and "test_1" in stack
    assert "Segmentation" not in run.err


def test_stacks_on_demand(suite):
    suite.write(
        test_a="""
        import os, signal, time
        def test_1(): os.kill(os.getpid(), signal.SIGRTMIN + 7); time.sleep(0.01)
    """
    )
    run = suite.run("-n", "1")
    assert run.exitstatus == 0
    stack = os.pread(run.workers()[0].files[3], 1 << 16, 0).decode()
    assert "in test_1" in stack


@pytest.mark.parametrize(
    "body, kind, status",
    [
        ("raise KeyboardInterrupt", "interrupt", 2),
        ("import pytest; pytest.exit('enough')", "exit", 2),
        ("import pytest; pytest.exit('enough', returncode=9)", "exit", 9),
        ("request.session.shouldstop = 'stop it'", "shouldstop", 2),
        ("request.session.shouldfail = 'fail it'", "shouldfail", 1),
    ],
)
def test_a_test_ends_the_run(suite, body, kind, status):
    suite.write(
        test_a=f"""
        def test_1(): pass
        def test_2(request): {body}
        def test_3(): pass
    """
    )
    plain = suite.plain()
    run = suite.run("-n", "1", chunk=10)
    assert [stopped["kind"] for stopped in run.stopped] == [kind]
    assert run.exitstatus == plain.exitstatus == status
    assert "test_a.py::test_3" not in outcomes(run)
    keep = [line for line in normal(plain.out).splitlines() if line.startswith(("!", "/"))]
    ours = [line for line in normal(run.out).splitlines() if line.startswith(("!", "/"))]
    assert ours == keep


def test_an_internal_error_in_a_worker(suite):
    suite.write(
        conftest="""
        def pytest_runtest_setup(item):
            if item.name == "test_2": item.config.broken = True
        def pytest_runtest_logreport(report):
            if "test_2" in report.nodeid and report.when == "call":
                raise RuntimeError("in a hook")
    """,
        test_a="def test_1(): pass\ndef test_2(): pass\ndef test_3(): pass",
    )
    plain = suite.plain()
    run = suite.run("-n", "1", chunk=10)
    assert run.stopped[0]["kind"] == "internal"
    assert run.exitstatus == plain.exitstatus == 3
    assert "RuntimeError: in a hook" in run.out
    assert "hasten_worker" not in run.out


def test_hooks_at_the_end_run_once_per_worker(suite):
    suite.write(
        conftest="""
        import atexit, os
        from pathlib import Path
        def note(text):
            with open("notes.txt", "a") as file: file.write(text + "\\n")
        atexit.register(note, "inherited")
        def pytest_sessionfinish(session, exitstatus):
            wi = getattr(session.config, "workerinput", None)
            note(f"finish {wi['workerid'] if wi else 'main'} {int(exitstatus)}")
        def pytest_unconfigure(config):
            wi = getattr(config, "workerinput", None)
            if wi: note(f"output {sorted(config.workeroutput)}")
    """,
        test_a="""
        import atexit, pytest, weakref, conftest
        class Thing: pass
        thing = Thing()
        @pytest.mark.parametrize("n", range(4))
        def test_n(n, worker_id):
            if n == 0:
                atexit.register(conftest.note, "own")
                weakref.finalize(thing, conftest.note, "finalized")
    """,
    )
    run = suite.run("-n", "2", chunk=1, together=True)
    assert run.exitstatus == 0, run.out
    lines = sorted((suite.path / "notes.txt").read_text().splitlines())
    output = "output ['exitstatus', 'shouldfail', 'shouldstop']"
    assert lines == sorted(
        [
            *("finish gw0 0", "finish gw1 0", "finish main 0", output, output),
            *("own", "finalized"),
            "inherited",  # by main, as plain pytest
        ]
    )


def test_who_leaves_does_not_end_the_session(suite):
    suite.write(
        conftest="""
        import atexit, os, pytest
        def note(config, text):
            wi = getattr(config, "workerinput", None)
            with open("notes.txt", "a") as file:
                file.write(f"{text} {wi['workerid'] if wi else 'main'}\\n")
        def pytest_sessionfinish(session): note(session.config, "finish")
        def pytest_unconfigure(config): note(config, "unconfigure")
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtestloop(session):
            yield
            note(session.config, "loop")
        @pytest.fixture(scope="session", autouse=True)
        def of_session(request):
            yield
            note(request.config, "down")
    """,
        test_a="""
        import atexit, conftest
        def test_a(request): atexit.register(conftest.note, request.config, "exit")
    """,
    )
    run = suite.run("-n", "1", farewell=wire.LEAVE)
    assert run.exitstatus == 0, run.out
    lines = (suite.path / "notes.txt").read_text().splitlines()
    of_worker = [line for line in lines if line.endswith("gw0")]
    assert of_worker == ["down gw0", "loop gw0", "exit gw0"]
    assert sorted(set(lines) - set(of_worker)) == ["finish main", "loop main", "unconfigure main"]
    bye = run.workers()[0].bye
    assert bye["exitstatus"] == 0
    assert not bye["errors"]
    assert bye["paths"]


@pytest.mark.parametrize("ignored", [False, True])
def test_the_session_says_how_children_ended_that_it_keeps(suite, ignored):
    suite.write(
        conftest=f"""
        import signal
        if {ignored}: signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    """,
        test_a="""
        import os, signal
        def test_a(): os.kill(os.getpid(), signal.SIGKILL)
        def test_b(): pass
        def test_c(): os._exit(7)
    """,
    )
    run = suite.run("-n", "3", workers=3, chunk=1, together=True, keep=True)
    pids = {worker.pid for worker in run.workers()}
    # Where the system does not say how a child ended, the supervisor is given it as before. What
    # ends after the session does, too.
    ended = {pid: run.kept.get(pid, run.statuses.get(pid)) for pid in pids}
    assert sorted(ended.values()) == [-signal.SIGKILL, 0, 7]
    assert bool(run.kept) is not ignored


def test_errors_at_the_end_of_a_worker_are_told(suite):
    suite.write(
        conftest="""
        def pytest_unconfigure(config):
            if hasattr(config, "workerinput"): raise RuntimeError("at the end")
    """,
        test_a="def test_a(): pass",
    )
    run = suite.run("-n", "1")
    assert "at the end" in run.workers()[0].bye["errors"][0]
    assert "at the end" not in run.out + run.err
    assert run.exitstatus == 0


def test_random_state(suite):
    body = """
        import random
        def test_a(): open("numbers.txt", "a").write(f"{random.random()} ")
        def test_b(): open("numbers.txt", "a").write(f"{random.random()} ")
    """
    suite.write(conftest="import random; random.seed(7)", test_a=body)
    suite.plain()
    suite.run("-n", "1")
    numbers = (suite.path / "numbers.txt").read_text().split()
    assert numbers[:2] == numbers[2:]


def test_random_numbers_differ_without_a_seed(suite):
    suite.write(
        conftest="import random; [random.random() for _ in range(1000)]",
        test_a="""
        import random, pytest
        @pytest.mark.parametrize("n", range(4))
        def test_n(n, worker_id, request): request.node.user_properties.append(
            (worker_id, random.random()))
    """,
    )
    run = suite.run("-n", "2", chunk=1, together=True, full_reports=True)
    assert len(worker_names(run)) == 4


def test_temporary_folders(suite):
    suite.write(
        test_a="""
        import pytest
        @pytest.mark.parametrize("n", range(4))
        def test_n(n, tmp_path, worker_id):
            assert tmp_path.parent.name == "popen-" + worker_id
            (tmp_path / "x").write_text("")
    """
    )
    run = suite.run("-n", "2", chunk=1)
    assert run.exitstatus == 0, run.out
    base = suite.path.parent / "base"
    run = suite.run("-n", "2", f"--basetemp={base}", chunk=1, together=True)
    assert run.exitstatus == 0, run.out
    assert run.configured["basetemp"] == str(base)
    assert sorted(path.name for path in base.iterdir()) == ["popen-gw0", "popen-gw1"]


def test_time_limits_are_collected(suite):
    suite.write(
        test_a="""
        import pytest
        pytestmark = pytest.mark.timeout(10)
        def test_module(): pass
        @pytest.mark.timeout(1.5)
        def test_own(): pass
        @pytest.mark.timeout(timeout=2, func_only=True)
        def test_keyword(): pass
        @pytest.mark.timeout(3)
        class TestClass:
            def test_class(self): pass
            @pytest.mark.timeout(0)
            def test_none(self): pass
        @pytest.mark.timeout("nonsense")
        def test_bad(): pass
    """
    )
    run = suite.run("-n", "1", "-p", "no:timeout", "--timeout", "77", "--strict-markers")
    assert run.exitstatus == 0, run.out
    assert run.settings["limits"]["timeout"] == 77
    limits = [item[2:] for item in run.collected["items"]]
    assert limits == [
        [10.0, None],
        [1.5, None],
        [2.0, True],
        [3.0, None],
        [0.0, None],
        [None, None],
    ]
    assert [item[1] for item in run.collected["items"]][3] == len("test_a.py::TestClass")


def test_the_snapshot_without_workers_ends_its_session(suite):
    suite.write(
        conftest="""
        def pytest_unconfigure(config): open("ends.txt", "a").write("end ")
    """,
        test_a="",
    )
    run = suite.run("-n", "2")
    assert run.exitstatus == 5
    assert (suite.path / "ends.txt").read_text() == "end end "
    assert run.one("session").bye


def test_stop_word(suite):
    suite.write(test_a="def test_1(): pass\ndef test_2(): pass")
    run = suite.run("-n", "1", "-x", chunk=1)
    assert run.exitstatus == 0
    kinds = [kind for role, _, kind in run.log if role == "worker"]
    assert kinds[0] == wire.HELLO and kinds[-1] == wire.BYE
    assert wire.WANT in kinds


def test_interrupted_by_a_signal(suite):
    suite.write(
        test_a="""
        import os, signal, time
        def test_1(): os.kill(os.getpid(), signal.SIGINT); time.sleep(1)
    """
    )
    run = suite.run("-n", "1")
    (stopped,) = run.stopped
    assert stopped["kind"] == "interrupt"
    assert stopped["excrepr"]["path"].endswith("test_a.py")
    assert signal.Signals.SIGINT  # the test process itself was not interrupted
    assert "test_a.py:3: KeyboardInterrupt" in run.out


def test_pools_that_nobody_shuts_down_do_not_keep_a_worker(suite):
    suite.write(
        test_a="""
        import concurrent.futures, multiprocessing, pytest
        context = multiprocessing.get_context("fork")
        pools = []
        @pytest.mark.parametrize("n", range(2))
        def test_a(n):
            pools.append(concurrent.futures.ProcessPoolExecutor(1, mp_context=context))
            assert pools[-1].submit(abs, -n).result() == n
        """
    )
    for method in ("fork", "spawn"):
        run = suite.run("-n", "2", "--start-method", method)
        assert (run.exitstatus, len(outcomes(run))) == (0, 2)
