"""What workers report is what plain pytest reports: outcomes, sections, texts."""

import json

import pytest
from supervisor import Supervisor
from test_output import ONE, TWO

from hasten_worker.messages import records

SUITE = {
    "test_one": ONE,
    "test_two": TWO,
    "test_more": """
        import os, subprocess, sys, threading, logging, warnings, pytest

        def test_fd_output():
            os.write(1, b"through the descriptor\\n")
            subprocess.run([sys.executable, "-c", "print('of a child')"], check=True)
            assert 0

        def test_capsys(capsys):
            print("hidden")
            assert capsys.readouterr().out == "hidden\\n"

        def test_capfd(capfd):
            os.write(1, b"x")
            assert capfd.readouterr().out == "x"

        def test_disabled(capsys):
            with capsys.disabled():
                sys.stderr.write("")
            print("after")
            assert 0

        def test_stdin():
            with pytest.raises(OSError):
                input()

        def test_caplog(caplog):
            logging.warning("seen")
            assert caplog.messages == ["seen"]

        def test_unraisable():
            class Bad:
                def __del__(self): raise ValueError("in del")
            Bad()

        def test_thread_exception():
            def run(): raise ValueError("in thread")
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()

        def test_system_exit():
            sys.exit(3)

        def test_recursion():
            def f(): f()
            f()

        @pytest.fixture(scope="module")
        def module_fixture():
            print("module setup")
            yield
            print("module teardown")

        def test_with_module_fixture(module_fixture):
            assert os.environ["PYTEST_CURRENT_TEST"].endswith("(call)")

        def test_long_output():
            print("x" * 100000)
            assert 0

        def test_tmp_path(tmp_path):
            (tmp_path / "file").write_text("content")

        def test_cwd(monkeypatch, tmp_path):
            monkeypatch.chdir(tmp_path)

        def test_binary():
            sys.stdout.buffer.write(b"\\xff\\xfe")
            assert 0

        def test_doc():
            raise Exception("ünïcode \\U0001f600")

        class Raises:
            def __repr__(self): raise RuntimeError("no repr")

        def test_broken_repr():
            value = Raises()
            assert value == 1

        def test_exception_group():
            if sys.version_info >= (3, 11):
                raise ExceptionGroup("several", [ValueError(1), TypeError(2)])
    """,
}


def reported(run):
    """Returns ``{nodeid: [(when, outcome, sections, text)…]}`` of what workers sent."""
    from _pytest.reports import TestReport

    from hasten_worker.messages.values import restore

    found = {}
    for index, sent in run.by_item.items():
        if index == records.NO_ITEM:
            continue
        parts = found.setdefault(run.collected["items"][index][0], [])
        for record in sent:
            if record[1] not in (records.REPORT, records.VERDICT):
                continue
            data = json.loads(record[-1])
            rendered = restore(data)
            report = TestReport._from_json(data)
            if rendered is not None:
                report.longrepr = rendered
            text = report.longreprtext if report.longrepr is not None else ""
            sections = [list(section) for section in report.sections]
            parts.append((report.when, report.outcome, sections, text))
    return found


def settle(reports):
    """Leaves out what may differ between two runs of plain pytest."""
    text = json.dumps(reports, sort_keys=True)
    return json.loads(__import__("re").sub(r"0x[0-9a-f]+", "0x", text))


@pytest.mark.parametrize("way", ["fork", "spawn", "identity"])
def test_reports_are_equal(suite, way):
    suite.write(**SUITE)
    if way == "identity":
        suite.write(conftest="import os\nWORKER = os.environ.get('PYTEST_XDIST_WORKER')\n")
    expected = suite.recorded()
    run = suite.run("-n", "2", full_reports=True, spawn=way == "spawn", chunk=100)
    assert not run.errors
    assert not run.stopped
    assert settle(reported(run)) == settle(expected)
    assert [each[0] for each in run.collected["items"]] == list(expected)
    assert all(worker.bye for worker in run.workers())


@pytest.mark.parametrize("capture", ["fd", "sys", "no", "tee-sys"])
def test_capture_methods(suite, capture):
    suite.write(
        test_a="""
        import os, sys
        def test_a():
            print("out"); sys.stderr.write("err\\n"); os.write(1, b"fd\\n")
            assert 0
        def test_b(capsys):
            with capsys.disabled(): print("to the terminal")
    """
    )
    expected = suite.recorded("--capture", capture)
    run = suite.run("-n", "1", "--capture", capture, full_reports=True)
    assert reported(run) == expected
    plain = suite.plain("--capture", capture)
    assert run.out.count("to the terminal") == plain.out.count("to the terminal")


def test_values_that_json_does_not_know(suite):
    suite.write(
        conftest="""
        import pytest
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            report = (yield).get_result()
            report.extra = {1: "one", (2, 3): {4, 5}, "nan": float("nan"), "self": object}
            report.loop = loop = []
            loop.append(loop)
            report.bytes = b"123"
        seen = {}
        def pytest_runtest_logreport(report):
            seen[report.when] = report.extra
        def pytest_terminal_summary(terminalreporter, config):
            if not hasattr(config, "workerinput"):
                terminalreporter.line(repr(seen["call"].get(1)))
                terminalreporter.line(repr(sorted(map(str, seen["call"]))))
        """,
        test_a="""
        def test_a(record_property):
            record_property("tuple", (1, 2))
            record_property("surrogate", "\\udc80")
            record_property("nan", float("inf"))
            record_property("set", {1})
            assert 0, "\\udc80"
    """,
    )
    run = suite.run("-n", "1", "--junitxml=out.xml")
    assert not run.errors and not run.stopped
    assert "'one'" in run.out
    assert "['(2, 3)', '1', 'nan', 'self']" in run.out
    assert 'value="(1, 2)"' in (suite.path / "out.xml").read_text()
    assert run.exitstatus == 1


def test_node_ids_that_are_no_text(suite):
    suite.write(
        test_a="""
        import pytest
        @pytest.mark.parametrize("x", ["a"], ids=["ü✓"])
        def test_a(x): pass
        def pytest_generate_tests(metafunc): pass
    """,
        conftest="""
        def pytest_collection_modifyitems(items):
            for item in items:
                if hasattr(item, "_nodeid") and isinstance(item._nodeid, str):
                    item._nodeid += "\\udcff"
    """,
    )
    run = suite.run("-n", "1")
    assert not run.errors and not run.stopped
    assert run.exitstatus == 0


def test_next_item_is_known_at_teardown(suite):
    suite.write(
        conftest="""
        import pytest
        order = []
        def pytest_runtest_teardown(item, nextitem):
            item.user_properties.append(("next", nextitem and nextitem.name))
    """,
        test_a="""
        import pytest
        @pytest.fixture(scope="module")
        def shared():
            print("made")
            yield
            print("gone")
        def test_1(shared): pass
        def test_2(shared): pass
        def test_3(shared): pass
        def test_4(): assert 0
    """,
    )
    expected = suite.recorded()
    for chunk, recall in ((1, False), (2, False), (10, False), (3, True)):
        run = suite.run("-n", "1", full_reports=True, chunk=chunk, recall=recall)
        assert reported(run) == expected
        assert run.taken_back == (2 + 2 + 1 if recall else 0)
        names = [
            (dict(json.loads(record[-1])["user_properties"]).get("next") or None)
            for index in range(4)
            for record in run.by_item[index]
            if record[1] == records.REPORT and record[3] & records.TEARDOWN
        ]
        assert names == ["test_2", "test_3", "test_4", None]


def test_silent_passes_are_one_record(suite):
    suite.write(test_a="def test_a(): pass\ndef test_b(): print('x')\ndef test_c(): pass")
    run = suite.run("-n", "1")
    kinds = {index: [record[1] for record in sent] for index, sent in run.by_item.items()}
    assert kinds[0] == kinds[2] == [records.PASSED]
    assert kinds[1][-1] == records.FINISHED
    assert not run.configured["full_reports"]
    setup, call, teardown = run.by_item[0][0][5:8]
    assert min(setup, call, teardown) > 0 and setup + call + teardown < 1


def test_direct_supervisor(tmp_path):
    (tmp_path / "test_a.py").write_text("def test_a(): pass")
    run = Supervisor([], tmp_path, workers=3).run()
    assert run.exitstatus == 0 and len(run.workers()) == 3
