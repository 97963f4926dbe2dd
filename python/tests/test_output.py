"""What main shows is what plain pytest shows."""

import re

import pytest
from conftest import normal

ONE = """
    import logging, sys, warnings, pytest

    def test_pass():
        pass

    def test_prints():
        print("to stdout")
        sys.stderr.write("to stderr\\n")
        logging.getLogger().warning("to log")

    def test_fail():
        print("before it fails")
        logging.getLogger("x").error("a log line")
        assert {"a": 1, "b": [1, 2]} == {"a": 1, "b": [1, 3]}

    @pytest.mark.skip(reason="not today")
    def test_skip():
        pass

    @pytest.mark.xfail(reason="known")
    def test_xfail():
        assert 0

    @pytest.mark.xfail
    def test_xpass():
        pass

    @pytest.mark.xfail(strict=True)
    def test_xpass_strict():
        pass

    @pytest.fixture
    def broken():
        raise RuntimeError("in setup")

    def test_setup_error(broken):
        pass

    @pytest.fixture
    def breaks_later():
        yield
        print("teardown print")
        raise RuntimeError("in teardown")

    def test_teardown_error(breaks_later):
        pass

    def test_fails_twice(breaks_later):
        assert 0

    def test_warns():
        warnings.warn("be careful")
        warnings.warn(DeprecationWarning("old"))

    class OwnWarning(UserWarning):
        def __init__(self, a, b):
            super().__init__(a, b)

    def test_own_warning():
        warnings.warn(OwnWarning("a", 2))

    def test_skips_itself():
        pytest.skip("changed its mind")

    @pytest.mark.parametrize("value", ["a b", "ü", "[x]", "a::b", 1.5])
    def test_param(value):
        assert value != 1.5

    def test_properties(record_property):
        record_property("key", "value")

    def test_chain():
        try:
            raise KeyError("first")
        except KeyError:
            raise ValueError("second")

    @pytest.fixture(scope="class")
    def shared():
        yield 1

    class TestClass:
        def test_method(self, shared):
            assert shared

        def test_other(self, shared):
            assert not shared
"""

TWO = """
    import unittest
    class Case(unittest.TestCase):
        def setUp(self):
            self.value = 1
        def test_equal(self):
            self.assertEqual(self.value, 1)
        def test_not(self):
            self.assertEqual(self.value, 2)
        @unittest.skip("why not")
        def test_skipped(self):
            pass
        @unittest.expectedFailure
        def test_expected(self):
            self.fail()
"""

MANY = """
    import pytest
    @pytest.mark.parametrize("n", range(200))
    def test_n(n):
        pass
"""


def full(suite):
    suite.write(test_one=ONE, test_two=TWO, test_many=MANY)
    suite.write_file("sub/test_three.py", "def test_deep(): pass\n")
    suite.write_file(
        "sub/conftest.py",
        """
        import pytest
        @pytest.fixture(autouse=True)
        def around(): yield
        """,
    )
    return suite


ARGS = [
    [],
    ["-q"],
    ["-qq"],
    ["-v"],
    ["-vv"],
    ["-ra"],
    ["-rA"],
    ["-rP"],
    ["-rN"],
    ["--tb=short"],
    ["--tb=line"],
    ["--tb=native"],
    ["--tb=no"],
    ["-l"],
    ["--durations=3", "--durations-min=100"],
    ["-k", "pass or deep or fail"],
    ["-m", "nothing"],
    ["test_one.py::TestClass", "sub"],
    ["-W", "error"],
    ["-W", "ignore"],
    ["--disable-warnings"],
    ["--no-header"],
    ["--no-summary"],
    ["--show-capture=no"],
    ["--color=yes"],
    ["--color=yes", "-v"],
    ["--capture=sys"],
    ["-o", "console_output_style=count"],
    ["-o", "console_output_style=classic"],
    ["--log-level=DEBUG"],
    ["--co", "-q"],
    ["--setup-plan", "-q"],
    ["nothing_here.py"],
    ["test_one.py::no_such_test"],
    ["--no-such-option"],
    ["-p", "no:terminal"],
    ["-p", "no:cacheprovider"],
    ["--strict-markers"],
    ["--runxfail"],
]


@pytest.mark.parametrize("args", ARGS, ids=" ".join)
@pytest.mark.parametrize("workers", [0, 2])
def test_equal_to_plain(suite, args, workers):
    full(suite)
    plain = suite.plain(*args)
    suite.forget()
    ours = suite.run(*args, "-n", str(workers))
    assert normal(ours.out) == normal(plain.out)
    # The usage of an unknown option shows the command line; ours has -n in it.
    assert normal(ours.err).replace(" -n " + str(workers), "") == normal(plain.err)
    assert ours.exitstatus == plain.exitstatus
    assert not ours.errors


@pytest.mark.parametrize("workers", [0, 2])
def test_collection_errors(suite, workers):
    suite.write(
        test_a="def test_a(): pass",
        test_b="import not_there",
        test_c="import pytest; pytest.skip('whole', allow_module_level=True)",
        test_d="def test_d(:",
    )
    for args in ([], ["--continue-on-collection-errors"], ["-x"], ["--maxfail=2"], ["-q"]):
        plain = suite.plain(*args)
        suite.forget()
        ours = suite.run(*args, "-n", str(workers))
        assert normal(ours.out) == normal(plain.out), args
        assert ours.exitstatus == plain.exitstatus


@pytest.mark.parametrize(
    "body",
    [
        "import pytest; pytest.exit('enough')",
        "import pytest; pytest.exit('enough', returncode=7)",
        "raise KeyboardInterrupt",
    ],
)
@pytest.mark.parametrize("workers", [0, 2])
def test_end_in_collection(suite, body, workers):
    suite.write(test_a="def test_a(): pass", test_b=body)
    plain = suite.plain()
    ours = suite.run("-n", str(workers))
    assert normal(ours.out) == normal(plain.out)
    assert normal(ours.err) == normal(plain.err)
    assert ours.exitstatus == plain.exitstatus


CONFTESTS = {
    "import fails": "import not_there",
    "raises": "raise RuntimeError('broken conftest')",
    "usage": """
        import pytest
        def pytest_configure(config): raise pytest.UsageError("wrong", "twice wrong")
    """,
    "internal in configure": """
        def pytest_configure(config): raise RuntimeError("in configure")
    """,
    "internal in sessionstart": """
        def pytest_sessionstart(session): raise RuntimeError("in sessionstart")
    """,
    "internal in modifyitems": """
        def pytest_collection_modifyitems(items): raise RuntimeError("in modifyitems")
    """,
    "usage in modifyitems": """
        import pytest
        def pytest_collection_modifyitems(items): raise pytest.UsageError("wrong items")
    """,
    "exit in configure": """
        import pytest
        def pytest_configure(config): pytest.exit("no", returncode=9)
    """,
    "unknown hook": "def pytest_no_such_hook(): pass",
    "prints everywhere": """
        import sys
        def pytest_configure(config): print("configure"); sys.stderr.write("err configure\\n")
        def pytest_sessionstart(session): print("sessionstart")
        def pytest_collection_modifyitems(items): print("modifyitems")
        def pytest_sessionfinish(session): print("sessionfinish")
        def pytest_unconfigure(config): print("unconfigure"); sys.stderr.write("err unconf\\n")
        def pytest_report_header(config): return ["a header", "and another"]
        def pytest_report_collectionfinish(config, items): return [f"{len(items)} items", "so"]
        def pytest_terminal_summary(terminalreporter):
            terminalreporter.section("mine")
            for category, reports in sorted(terminalreporter.stats.items()):
                terminalreporter.line(f"{category} {len(reports)}")
    """,
    "prints at import": """
        import os, sys
        print("at import"); sys.stderr.write("err at import\\n"); os.write(1, b"past python\\n")
    """,
    "prints and fails": """
        print("at import")
        def pytest_pycollect_makemodule(module_path, parent):
            print("making", module_path.name)
            raise RuntimeError("no module")
    """,
    "reorders": """
        def pytest_collection_modifyitems(items): items.reverse()
    """,
    "deselects": """
        def pytest_collection_modifyitems(config, items):
            config.hook.pytest_deselected(items=items[:2])
            del items[:2]
    """,
    "warns": """
        import warnings
        warnings.warn("at import")
        def pytest_configure(config): warnings.warn("in configure")
        def pytest_collection_modifyitems(items): warnings.warn("in collection")
        def pytest_sessionfinish(session): warnings.warn("in finish")
    """,
    "report status": """
        def pytest_report_teststatus(report, config):
            if report.when == "call" and report.passed:
                return "passed", "P", "PASS"
    """,
    "reads reports": """
        import pytest
        lines = []
        def pytest_runtest_logstart(nodeid, location): lines.append(f"start {nodeid} {location}")
        def pytest_runtest_logreport(report):
            lines.append(f"{report.nodeid} {report.when} {report.outcome} {report.location} "
                         f"{sorted(report.keywords)} {getattr(report, 'extra', None)}")
        def pytest_runtest_logfinish(nodeid, location): lines.append(f"finish {nodeid}")
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            outcome = yield
            outcome.get_result().extra = call.when + "!"
        def pytest_terminal_summary(terminalreporter):
            for line in lines:
                terminalreporter.line(line)
    """,
    "protocol wrapper": """
        import pytest
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_protocol(item, nextitem):
            item.user_properties.append(("next", nextitem and nextitem.nodeid))
            yield
    """,
    "own protocol": """
        from _pytest.runner import runtestprotocol
        def pytest_runtest_protocol(item, nextitem):
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            for report in runtestprotocol(item, nextitem=nextitem, log=False):
                item.ihook.pytest_runtest_logreport(report=report)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
            return True
    """,
    "ini and option": """
        def pytest_addoption(parser):
            parser.addoption("--mine", default="x")
            parser.addini("mine", "help")
        def pytest_report_header(config): return config.getoption("mine") + config.getini("mine")
    """,
}


@pytest.mark.parametrize("name", CONFTESTS)
@pytest.mark.parametrize("workers", [0, 2])
def test_conftests(suite, name, workers):
    suite.write(test_one=ONE, conftest=CONFTESTS[name])
    plain = suite.plain()
    suite.forget()
    ours = suite.run("-n", str(workers))
    assert normal(ours.out) == normal(plain.out)
    assert normal(ours.err) == normal(plain.err)
    assert ours.exitstatus == plain.exitstatus


@pytest.mark.parametrize("workers", [0, 2])
def test_cache_and_last_failed(suite, workers):
    full(suite)
    suite.plain()
    plain_cache = suite.cache()
    plain_again = [suite.plain(*args) for args in (["--lf"], ["--ff", "-q"], ["--nf"])]
    suite.forget()
    suite.run("-n", str(workers))
    assert suite.cache() == plain_cache
    for args, plain in zip((["--lf"], ["--ff", "-q"], ["--nf"]), plain_again):
        ours = suite.run("-n", str(workers), *args)
        assert normal(ours.out) == normal(plain.out)
        assert ours.exitstatus == plain.exitstatus
    assert suite.cache() == plain_cache


@pytest.mark.parametrize("workers", [0, 2])
def test_a_collector_that_works_again(suite, workers):
    caches = []
    for run in (suite.plain, lambda: suite.run("-n", str(workers))):
        suite.forget()
        suite.write(test_a="import not_there", test_b="def test_b(): assert 0")
        run()
        suite.write(test_a="def test_a(): pass")
        run()
        caches.append(suite.cache())
    assert caches[0] == caches[1]


@pytest.mark.parametrize("workers", [0, 2])
def test_junitxml(suite, workers):
    full(suite)
    suite.plain("--junitxml=plain.xml", "-o", "junit_logging=all")
    suite.run("-n", str(workers), "--junitxml=ours.xml", "-o", "junit_logging=all")
    texts = [(suite.path / name).read_text() for name in ("plain.xml", "ours.xml")]
    assert normal(texts[0]) == normal(texts[1])


@pytest.mark.parametrize("args", [["-x"], ["--maxfail=2"]], ids=" ".join)
def test_first_failure(suite, args):
    suite.write(test_one=ONE)
    plain = suite.plain(*args)
    ours = suite.run(*args, "-n", "1")
    assert ours.exitstatus == plain.exitstatus == 1
    tail = normal(plain.out).split("short test summary info")[1]
    assert normal(ours.out).split("short test summary info")[1] == tail


def test_no_tests(suite):
    suite.write(test_one="")
    plain = suite.plain()
    ours = suite.run()
    assert normal(ours.out) == normal(plain.out)
    assert ours.exitstatus == plain.exitstatus == 5


def test_notes(suite):
    suite.write(test_one="def test_a(): pass")
    notes = [{"where": "now", "text": "a note now"}, {"where": "summary", "text": "a note later"}]
    ours = suite.run(notes=notes)
    lines = [line.strip("= ") for line in ours.out.splitlines()]
    assert lines.index("a note now") < lines.index("hasten") < lines.index("a note later")


@pytest.mark.parametrize("args", [[], ["-s"], ["--capture=sys"], ["-q"]], ids=str)
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("way", ["fork", "identity", "spawn"])
def test_what_collection_prints(suite, args, workers, way):
    read = "import os; X = os.environ.get('PYTEST_XDIST_WORKER')" if way == "identity" else ""
    suite.write(
        conftest="""
        import os, sys
        def pytest_collection_modifyitems(items):
            print("modifyitems")
            os.write(2, b"to stderr\\n")
        def pytest_generate_tests(metafunc): print("generate")
        """,
        test_a=f"""
        {read}
        print("module")
        def test_a(): pass
        """,
    )
    plain = suite.plain(*args)
    ours = suite.run(*args, "-n", str(workers), spawn=way == "spawn")
    assert normal(ours.out) == normal(plain.out)
    assert normal(ours.err) == normal(plain.err)


@pytest.mark.parametrize("capture", ["fd", "sys", "no"])
def test_what_reporting_hooks_print_is_printed_once(suite, capture):
    suite.write(
        conftest="""
        import os, sys
        def pytest_runtest_logstart(nodeid): print("<start", nodeid + ">")
        def pytest_runtest_logreport(report):
            os.write(1, f"<{report.when} of {report.nodeid}>\\n".encode())
        def pytest_runtest_logfinish(nodeid): sys.stderr.write("<finish " + nodeid + ">\\n")
    """,
        test_a="def test_a(): print('own')\ndef test_b(): assert 0",
    )
    arguments = ["-p", "no:cacheprovider", f"--capture={capture}"]
    plain, ours = suite.plain(*arguments), suite.run("-n", "1", *arguments)

    def noted(run):
        return sorted(re.findall("<.*?>", run.out + run.err))

    assert len(noted(plain)) == 10
    assert noted(ours) == noted(plain)
