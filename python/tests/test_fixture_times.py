"""What fixtures take: by fixture, and one by one where they are wide or long."""

import inspect
import json
import re

import pytest
from _pytest import fixtures
from conftest import normal
from test_fused import same
from test_fused import steady as without_times

from hasten_worker.messages import records

NOT_FUSED = "    def pytest_runtest_setup(item): pass\n"
WAYS = {
    "fused": ("", ("-n", "2")),
    "pytest": (NOT_FUSED, ("-n", "2")),
    "spawn": ("", ("-n", "2", "--start-method", "spawn")),
    "one process": ("", ("-n", "0")),
}
CONFTEST = """
    import pytest, time

    @pytest.fixture(scope="session")
    def wide():
        time.sleep(0.02)
        yield
        time.sleep(0.03)

    @pytest.fixture
    def slow():
        time.sleep(0.01)
        yield
        time.sleep(0.01)
"""
TESTS = """
    import pytest, time

    @pytest.fixture
    def uses(slow): time.sleep(0.01)

    @pytest.fixture
    def asks(request):
        request.getfixturevalue("slow")
        time.sleep(0.01)

    @pytest.fixture
    def finalizer(request):
        request.addfinalizer(lambda: time.sleep(0.02))

    @pytest.fixture(scope="module", params=[1, 2])
    def of_module(request):
        yield
        time.sleep(0.01)

    @pytest.fixture
    def fails(slow):
        time.sleep(0.01)
        assert 0

    @pytest.fixture
    def fails_later():
        yield
        time.sleep(0.01)
        assert 0

    class TestIt:
        @pytest.fixture(scope="class")
        def own(self):
            time.sleep(0.01)

        def test_a(self, own): pass

    def test_wide(wide): pass
    def test_uses(uses): pass
    def test_asks(asks): pass
    def test_finalizer(finalizer): pass
    def test_params(of_module): pass
    def test_fails(fails): pass
    def test_fails_later(fails_later): pass
    def test_builtin(tmp_path, monkeypatch): pass
    @pytest.mark.parametrize("direct", [1, 2])
    def test_direct(direct): pass
"""


def told(supervisor):
    """Returns the totals of each fixture and its spans, as the supervisor adds them up."""
    totals, spans = {}, []
    for record in supervisor.by_item.get(records.NO_ITEM, ()):
        if record[1] == records.FIXTURES:
            message = json.loads(record[8])
            for name, scope, *numbers in message["totals"]:
                before = totals.get((name, scope), (0, 0, 0, 0))
                added = [a + b for a, b in zip(before, numbers)]
                totals[name, scope] = (*added[:3], max(before[3], numbers[3]))
            spans.extend(message["spans"])
    return totals, spans


@pytest.mark.parametrize("way", WAYS)
def test_totals_and_spans(suite, way):
    conftest, args = WAYS[way]
    suite.write(test_a=TESTS, conftest=conftest)
    suite.write_file("conftest.py", CONFTEST.replace("    import", conftest + "    import", 1))
    run = suite.run(*args)
    totals, spans = told(run)

    def total(name, scope="function"):
        return totals[name, scope]

    setups, setup, teardown, longest = total("conftest.py::slow")
    assert setups == 3
    assert setup >= 0.03 and teardown >= 0.03 and longest >= 0.01
    # What it uses is not its own time: each of these sleeps once.
    for name in ("uses", "asks", "fails"):
        setups, setup, teardown, longest = total("test_a.py::" + name)
        assert (setups, longest) == (1, setup)
        assert setup >= 0.01
        assert teardown == 0
    with_slow = [each for each in spans if each[0] == "test_a.py::asks"]
    (asks,) = with_slow
    (slow,) = (
        each
        for each in spans
        if each[0] == "conftest.py::slow" and not each[2] and each[3] == asks[3]
    )
    assert asks[4] <= slow[4], "it began before the one that it asks for"

    assert total("test_a.py::finalizer")[2] >= 0.02
    assert total("test_a.py::fails_later")[2] >= 0.01
    assert total("test_a.py::of_module", "module")[0] == 2
    assert total("test_a.py::TestIt::own", "class")[1] >= 0.01
    assert total("_pytest.tmpdir::tmp_path")[0] == 1
    assert total("_pytest.monkeypatch::monkeypatch")[0] == 1
    assert not any(name.endswith("::direct") for name, _ in totals)

    setups, setup, teardown, _ = total("conftest.py::wide", "session")
    assert setups == 1 and setup >= 0.02 and teardown >= 0.03
    wide = {each[2]: each for each in spans if each[0] == "conftest.py::wide"}
    names = [item[0] for item in run.collected["items"]]
    assert names[wide[False][3]] == "test_a.py::test_wide"
    assert wide[False][4] < wide[True][4]
    assert wide[False][5] >= 0.02 and wide[True][5] >= 0.03


def steady(text):
    # pytest shortens long values, in the middle of an address.
    return re.sub(r"0x[0-9a-f]*\.\.\.", "0x...", without_times(text))


ERRORS = """
    import pytest

    def deep(n):
        if n: deep(n - 1)
        raise ValueError("deep")

    @pytest.fixture
    def fails(): deep(2)
    @pytest.fixture
    def fails_in_teardown():
        yield 1
        deep(1)
    @pytest.fixture
    def asks(request): return request.getfixturevalue("fails")
    @pytest.fixture
    def uses(fails): pass
    @pytest.fixture
    def twice(request):
        request.addfinalizer(lambda: deep(0))
        request.addfinalizer(lambda: deep(1))
    @pytest.fixture
    def never_yields():
        if 0: yield
    @pytest.fixture
    def yields_twice():
        yield
        yield
    @pytest.fixture
    def skips(): pytest.skip("no")
    @pytest.fixture(scope="module")
    def wide(): deep(0)
    @pytest.fixture
    def endless(request):
        def again(): return again()
        again()
    class TestIt:
        @pytest.fixture
        def own(self, fails_in_teardown):
            yield
            assert fails_in_teardown == 2
        def test_own(self, own): pass

    def test_fails(fails): pass
    def test_in_teardown(fails_in_teardown): pass
    def test_both(fails_in_teardown): assert 0
    def test_asks(asks): pass
    def test_uses(uses): pass
    def test_twice(twice): pass
    def test_never(never_yields): pass
    def test_yields_twice(yields_twice): pass
    def test_skips(skips): pass
    def test_wide(wide): pass
    def test_wide_again(wide): pass
    def test_late(request): request.getfixturevalue("asks")
    def test_stack(stack): assert stack == []
    def test_last(): import sys; assert "fixtures.py" not in str(sys.exc_info())
"""
STACK = """
    import inspect, os, pytest
    @pytest.fixture
    def stack():
        return [
            (os.path.basename(one.filename), one.lineno, one.function, sorted(one.frame.f_locals))
            for one in inspect.stack()[:4]
        ]
"""


@pytest.mark.parametrize(
    "args",
    [(), ("--full-trace",), ("--full-trace", "-l"), ("--tb=native",), ("--tb=long", "-l")],
    ids=" ".join,
)
def test_tracebacks_are_those_of_pytest(suite, args):
    suite.write(test_a=ERRORS, conftest=STACK)
    for more in ((), ("-p", "no:logging")):  # the fused path, and that of pytest
        plain = steady(suite.plain(*args, *more).out)
        for number in ("1", "0"):
            ours = suite.run("-n", number, *args, *more)
            assert told(ours)[0], "fixtures were measured"
            same("hasten", steady(ours.out), "plain", plain)


def test_the_functions_of_pytest_look_as_before(suite):
    suite.write(
        test_a="""
        import inspect
        from _pytest import fixtures
        def test_a():
            for function in (fixtures.call_fixture_func, fixtures.FixtureDef.finish):
                code = function.__code__
                print(function.__qualname__, code.co_name, code.co_firstlineno, code.co_varnames,
                      getattr(code, "co_qualname", ""), code.co_freevars, code.co_flags)
                print(inspect.getsource(function))
            assert 0
        """
    )
    plain = suite.plain().out
    assert inspect.getsource(fixtures.call_fixture_func) in plain
    for way in ("1", "0"):
        assert normal(suite.run("-n", way).out) == normal(plain)


def test_somebody_elses_functions_are_left_alone(suite):
    """And those of pytest are called by them as before."""
    suite.write(
        conftest="""
        from _pytest import fixtures
        import pytest
        real = fixtures.call_fixture_func
        def call_fixture_func(fixturefunc, request, kwargs):
            print("called for", request.fixturename)
            return real(fixturefunc, request, kwargs)
        fixtures.call_fixture_func = call_fixture_func
        @pytest.fixture
        def a(): return 1
        """,
        test_a="def test_a(a): assert 0",
    )
    plain = normal(suite.plain().out)
    assert "called for a" in plain
    for way in ("1", "0"):
        ours = suite.run("-n", way)
        assert normal(ours.out) == plain
        assert told(ours)[0]["conftest.py::a", "function"][0] == 1


def test_a_changed_function_is_not_woven_into(suite):
    suite.write(
        conftest="""
        from _pytest import fixtures
        import pytest
        def other(fixturefunc, request, kwargs): return 7
        fixtures.call_fixture_func.__code__ = other.__code__
        @pytest.fixture
        def a(): return 1
        """,
        test_a="def test_a(a): assert a == 7",
    )
    for way in ("1", "0"):
        ours = suite.run("-n", way)
        assert "1 passed" in ours.out
        assert told(ours) == ({}, [])


def test_fixtures_of_threads_do_no_harm(suite):
    suite.write(
        test_a="""
        import threading, pytest
        @pytest.fixture
        def slow(): import time; time.sleep(0.02)
        def test_a(request):
            thread = threading.Thread(target=request.getfixturevalue, args=["slow"])
            thread.start()
            request.getfixturevalue("tmp_path")
            thread.join()
        def test_b(tmp_path): pass
        """
    )
    for way in ("1", "0"):
        ours = suite.run("-n", way)
        assert "2 passed" in ours.out
        assert told(ours)[0]["_pytest.tmpdir::tmp_path", "function"][0] == 2


def test_times_of_a_worker_that_dies(suite):
    suite.write(
        test_a="""
        import os, time, pytest
        @pytest.fixture
        def a(): time.sleep(0.15)
        def test_a(a): pass
        def test_dies(): os._exit(1)
        """
    )
    run = suite.run("-n", "1")
    assert told(run)[0]["test_a.py::a", "function"][0] == 1
