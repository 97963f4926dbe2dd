"""Session fixtures that are set up once for the whole run."""

import importlib.util
import json
import sys
import textwrap

import pytest
from conftest import PACKAGES
from supervisor import outcomes

from hasten_worker.messages import records

CONFTEST = """
import os, pathlib, pytest, hasten
LOG = pathlib.Path(__file__).parent / "log"

def note(*words):
    with open(LOG, "a") as file:
        file.write(" ".join(map(str, words)) + "\\n")

@pytest.fixture(scope="session")
def server(worker_id):
    note("server up", worker_id)
    yield object()
    note("server down", worker_id)

@pytest.fixture(scope="session")
@hasten.once
def url(server, worker_id):
    note("url up", worker_id)
    yield {"url": worker_id}
    note("url down", worker_id)

@hasten.once
@pytest.fixture(scope="session")
def answer(url):
    note("answer up")
    return None
"""

TESTS = """
import pytest
from conftest import note
@pytest.mark.parametrize("n", range(6))
def test_it(url, answer, n):
    assert answer is None and url["url"].startswith("gw")
"""


def run(suite, *args, **options):
    options = {"once": [], "together": True, "workers": 2, "chunk": 1, **options}
    return suite.run(*args, **options)


def log(suite):
    path = suite.path / "log"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("spawn", [False, True])
def test_one_worker_sets_up_and_tears_down_with_what_it_needs(suite, spawn):
    suite.write(conftest=CONFTEST, test_a=TESTS)
    done = run(suite, spawn=spawn)
    assert done.exitstatus == 0, done.out
    lines = log(suite)
    url = next(line.split()[-1] for line in lines if line.startswith("url up"))
    # What only a fixture of that kind uses is not set up where that one is not.
    assert sorted(lines) == sorted(
        [f"server up {url}", f"url up {url}", "answer up", f"url down {url}", f"server down {url}"]
    )
    assert lines[-2:] == [f"url down {url}", f"server down {url}"]
    assert done.late == []


def test_what_is_left_out_is_not_among_the_values_of_a_test(suite):
    suite.write(
        conftest=CONFTEST,
        test_a="""
        import pytest
        from conftest import LOG, note

        @pytest.mark.parametrize("n", range(6))
        def test_it(request, url, worker_id, n):
            values = request.node.funcargs
            owner = url["url"] == worker_id
            assert "server" not in values or owner
            assert values.get("server") is not None or "server" not in list(values)
            if not owner:
                note("without server")

        def test_wants_it(request, url):
            assert request.getfixturevalue("server") is not None
        """,
    )
    done = run(suite)
    assert done.exitstatus == 0, done.out
    assert "without server" in log(suite)


def test_without_workers_and_under_plain_pytest_nothing_is_different(suite):
    suite.write(conftest=CONFTEST.replace("worker_id", "request"), test_a=TESTS)
    suite.write_file("test_a.py", TESTS.replace('["url"].startswith("gw")', ""))
    plain = suite.plain("-q", PYTHONPATH=PACKAGES)
    assert plain.exitstatus == 0, plain.out
    assert [line.split(" <")[0] for line in log(suite)] == [
        *("server up", "url up", "answer up", "url down", "server down")
    ]
    (suite.path / "log").unlink()
    done = suite.run("-n", "0")
    assert done.exitstatus == 0, done.out
    assert len(log(suite)) == 5
    (suite.path / "log").unlink()
    done = suite.run("-n", "2", chunk=1, together=True)  # no worker was told to share
    assert done.exitstatus == 0 and len(log(suite)) == 10


def test_a_failure_is_shown_by_all_as_plain_pytest_shows_it(suite):
    suite.write(
        conftest="""
        import pytest, hasten, pathlib
        LOG = pathlib.Path(__file__).parent / "log"
        class Odd(Exception):
            def __init__(self, a, b): super().__init__(a + b)
        def connect(port):
            raise Odd("no database", f" at {port}")
        @pytest.fixture(scope="session")
        @hasten.once
        def url():
            with open(LOG, "a") as file:
                file.write("up\\n")
            where = 7
            connect(where)
        """,
        test_a="""
        import pytest
        @pytest.mark.parametrize("n", range(4))
        def test_it(url, n): pass
        """,
    )
    expected = suite.recorded()
    (suite.path / "log").unlink()
    done = run(suite)
    assert log(suite) == ["up"]
    found = {}
    for index, sent in done.by_item.items():
        for _, kind, *_, data in sent:
            if kind == records.REPORT:
                report = json.loads(data)
                if report["when"] == "setup":
                    crash = report["longrepr"]["reprcrash"]["message"]
                    found[index] = crash, report["longrepr"]["reprtraceback"]
    assert len(found) == 4 and done.exitstatus == 1
    assert {crash for crash, _ in found.values()} == {"conftest.Odd: no database at 7"}
    first, *others = [trace for _, trace in found.values()]
    assert all(other == first for other in others)
    assert len(expected) == 4


@pytest.mark.parametrize(
    "body, state",
    [
        ("pytest.skip('not here')", "skipped"),
        ("pytest.fail('plainly', pytrace=False)", "failed"),
        ("pytest.xfail('later')", "skipped"),
        ("raise type('Own', (Exception,), {})('cannot be pickled')", "failed"),
    ],
)
def test_outcomes_of_a_fixture_are_those_of_all(suite, body, state):
    suite.write(
        conftest=f"""
        import pytest, hasten
        @pytest.fixture(scope="session")
        @hasten.once
        def url():
            {body}
        """,
        test_a="""
        import pytest
        @pytest.mark.parametrize("n", range(4))
        def test_it(url, n): pass
        """,
    )
    expected = suite.recorded()
    done = run(suite)
    found = {}
    for index, sent in done.by_item.items():
        if index == records.NO_ITEM:
            continue
        nodeid = done.collected["items"][index][0]
        reports = [json.loads(data) for _, kind, *_, data in sent if kind == records.REPORT]
        found[nodeid] = [(each["when"], each["outcome"]) for each in reports]
        assert found[nodeid][0] == ("setup", state)
    assert {name: found[name][0] for name in found} == {
        name: tuple(parts[0][:2]) for name, parts in expected.items()
    }
    plain = suite.plain("-q", "-rA", PYTHONPATH=PACKAGES)
    last = [text.strip("=\n").split(" in ")[0].strip() for text in (plain.out, done.out)]
    assert last[0].rpartition("\n")[2].strip("= ") == last[1].rpartition("\n")[2].strip("= ")


def test_a_failed_teardown_is_an_error_of_the_last_test(suite):
    suite.write(
        conftest="""
        import pytest, hasten, logging, warnings
        @pytest.fixture(scope="session")
        @hasten.once
        def url():
            yield 1
            print("going down")
            logging.getLogger().warning("a log line")
            warnings.warn("a warning")
            raise RuntimeError("not empty")
        """,
        test_a=TESTS.replace("from conftest import note", "")
        .replace("url, answer", "url")
        .replace('answer is None and url["url"].startswith("gw")', "url"),
    )
    done = run(suite)
    assert done.exitstatus == 1, done.out
    ((index, kind, outcome, flags, *_, data),) = done.late
    assert (kind, outcome, flags) == (records.LATE, 1, records.TEARDOWN)
    report = json.loads(data)
    assert report["nodeid"] == done.collected["items"][index][0]
    assert [section[0] for section in report["sections"]] == [
        "Captured stdout teardown",
        "Captured log teardown",
    ]
    assert "ERROR at teardown of test_it[" in done.out
    assert "RuntimeError: not empty" in done.out and "going down" in done.out
    assert "6 passed, 1 error in" in done.out
    kinds = [record[1] for record in done.by_item[records.NO_ITEM]]
    assert records.WARNING in kinds
    assert "hasten_worker" not in done.out + done.err


def test_each_parameter_is_a_fixture_of_its_own(suite):
    suite.write(
        conftest="""
        import pytest, hasten, pathlib
        LOG = pathlib.Path(__file__).parent / "log"
        def note(*words):
            with open(LOG, "a") as file:
                file.write(" ".join(map(str, words)) + "\\n")
        @pytest.fixture(scope="session", params=["a", "b"])
        @hasten.once
        def kind(request):
            note("up", request.param)
            request.addfinalizer(lambda: note("down", request.param))
            return request.param
        @pytest.fixture(scope="session")
        @hasten.once
        def upper(kind):
            note("up", kind.upper())
            yield kind.upper()
            note("down", kind.upper())
        @pytest.fixture(scope="session")
        def mine(upper):
            return [upper]
        """,
        test_a="""
        import pytest
        @pytest.mark.parametrize("n", range(4))
        def test_it(kind, upper, mine, n):
            assert upper == kind.upper() and mine == [upper]
        """,
    )
    done = run(suite)
    assert done.exitstatus == 0, done.out
    lines = log(suite)
    assert sorted(lines[:4]) == ["up A", "up B", "up a", "up b"]
    downs = lines[4:]
    assert sorted(downs) == ["down A", "down B", "down a", "down b"]
    for letter in "ab":
        assert downs.index(f"down {letter.upper()}") < downs.index(f"down {letter}")


def test_what_cannot_be_shared_is_set_up_by_each(suite):
    suite.write(
        conftest="""
        import pytest, hasten, threading, pathlib
        LOG = pathlib.Path(__file__).parent / "log"
        def note(*words):
            with open(LOG, "a") as file:
                file.write(" ".join(map(str, words)) + "\\n")
        @pytest.fixture(scope="session")
        @hasten.once
        def lock(worker_id):
            note("lock up", worker_id)
            yield threading.Lock()
            note("lock down", worker_id)
        @pytest.fixture(scope="session", params=[1, 2])
        def plain(request): return request.param
        @pytest.fixture(scope="session")
        @hasten.once
        def behind(plain): return plain * 10
        @pytest.fixture(scope="module")
        @hasten.once
        def narrow(): return 1
        """,
        test_a="""
        import pytest
        @pytest.mark.parametrize("n", range(4))
        def test_lock(lock, n):
            with lock: pass
        @pytest.mark.parametrize("n", range(2))
        def test_behind(plain, behind, narrow, n):
            assert behind == plain * 10 and narrow == 1
        """,
    )
    done = run(suite)
    assert done.exitstatus == 0, done.out
    lines = sorted(log(suite))
    assert lines == ["lock down gw0", "lock down gw1", "lock up gw0", "lock up gw1"]
    told = {(key.split("\n")[0], data.decode()) for kind, key, data in done.told if kind == 2}
    reasons = dict(told)
    assert set(reasons) == {"conftest.py::lock", "conftest.py::behind", "conftest.py::narrow"}
    assert "its value cannot be pickled (TypeError: cannot pickle" in reasons["conftest.py::lock"]
    assert reasons["conftest.py::behind"] == (
        "it uses plain, which has parameters and is not set up once per run"
    )
    assert reasons["conftest.py::narrow"] == 'its scope is "module", and has to be "session"'


def test_fixtures_are_named_by_settings_and_overridden_ones_are_others(suite):
    fixture = """
    import pytest
    @pytest.fixture(scope="session")
    def url(VALUE):
        with open(LOG, "a") as file:
            file.write("NAME\\n")
        return VALUE2
    """
    setup = f"LOG = {str(suite.path / 'log')!r}\n"
    outer = fixture.replace("VALUE2", "'outer'").replace("VALUE", "").replace("NAME", "outer")
    inner = fixture.replace("VALUE2", "url + '/inner'").replace("VALUE", "url")
    inner = inner.replace("NAME", "inner")
    tests = """
    import pytest
    @pytest.mark.parametrize("n", range(4))
    def test_it(url, n): assert url == EXPECTED
    """
    for folder, conftest in ((".", outer), ("sub", inner)):
        suite.write_file(f"{folder}/conftest.py", conftest)
        path = suite.path / folder / "conftest.py"
        path.write_text(setup + path.read_text())
    suite.write_file("test_a.py", tests.replace("EXPECTED", "'outer'"))
    suite.write_file("sub/test_b.py", tests.replace("EXPECTED", "'outer/inner'"))
    done = run(suite, once=["url"])
    assert done.exitstatus == 0, done.out
    assert sorted(log(suite)) == ["inner", "outer"]


def test_autouse_and_names_that_somebody_adds(suite):
    more = """
    def pytest_collection_modifyitems(items):
        items[-1].fixturenames.append("extra")

    @pytest.fixture(scope="session")
    def extra(server, worker_id): note("extra", worker_id)
    """
    autouse = CONFTEST.replace('"session")\n@hasten', '"session", autouse=True)\n@hasten')
    suite.write(
        conftest=autouse + textwrap.dedent(more),
        test_a="""
        import pytest
        @pytest.mark.parametrize("n", range(6))
        def test_it(n): pass
        """,
    )
    done = run(suite)
    assert done.exitstatus == 0, done.out
    lines = log(suite)
    assert sum(line.startswith("url up") for line in lines) == 1
    # It needs a server, wherever it runs.
    extra = next(line.split()[-1] for line in lines if line.startswith("extra"))
    assert f"server up {extra}" in lines


def test_a_failed_fixture_is_set_up_again_for_a_test_that_is_run_again():
    from hasten_worker.once.exchange import Exchange

    class Channel:
        sent = ()

        def send(self, kind, payload):
            self.sent += ((kind, payload),)

        def receive_kind(self, kind):
            return b"\3"

    class Journal:
        def flush(self): ...

        def pause(self): ...

        def resume(self, paused):
            return 1, 0.0

    class Reports:
        def waited(self, phase, seconds): ...

    channel = Channel()
    exchange = Exchange(channel, Journal(), Reports())
    assert exchange.ask("key") == (3, b"")
    exchange.again = True
    exchange.ask("key")
    assert [payload[:1] for _, payload in channel.sent] == [b"\0", b"\1"]


def test_a_wait_belongs_to_no_phase():
    from hasten_worker.messages import journal as words
    from hasten_worker.messages.journal import SIZE, Journal

    class Quiet:
        def send(self, *_): ...

    journal = Journal(Quiet(), bytearray(SIZE))
    clock = iter(range(100, 10_000, 100))
    journal._now = lambda: next(clock)
    journal.start_item(3)  # 100
    journal.start_phase(words.SETUP)  # 200
    journal.start_fixture()  # 300
    paused = journal.pause()  # 400
    assert journal.phase == words.NONE
    assert int.from_bytes(journal._view[40:48], sys.byteorder) == 0
    assert journal.resume(paused) == (words.SETUP, 1e-7)  # 500
    starts = [int.from_bytes(journal._view[at : at + 8], sys.byteorder) for at in (16, 24, 40)]
    assert starts == [200, 300, 400] and journal.phase == words.SETUP


def test_import_hasten_works_without_its_wheel(suite):
    assert importlib.util.find_spec("hasten") is not None  # `python/` is on the path here
    suite.write(
        test_a="""
        import hasten
        def test_it():
            assert hasten.once.__module__ == "hasten.once"
        """
    )
    done = suite.run("-n", "2")
    assert done.exitstatus == 0, done.out
    assert outcomes(done)["test_a.py::test_it"][1] == ("call", "passed")
