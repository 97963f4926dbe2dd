"""The fused path has the effects that pytest's own path has."""

import difflib
import json
import os
import random
import re
import sys

import pytest
from _pytest import runner
from conftest import HERE, normal
from fused_suites import (
    BARE,
    CAPTURE,
    LOGGING,
    OUTCOMES,
    OUTPUT,
    SCOPES,
    SEE,
    STATE,
    SUB_REPORT,
    WARNINGS,
)

from hasten_worker.inspection import known_pytest
from hasten_worker.messages import records

pytestmark = pytest.mark.skipif(
    not known_pytest.is_known(), reason="this pytest takes its own path"
)
DROPPED = ("start", "stop", "duration", "worker_id", "testrun_uid", "_hypothesis_stats")


def packed(supervisor):
    """Returns what the worker sent, without times."""
    found = ""
    for index, sent in sorted(supervisor.by_item.items()):
        for _, kind, outcome, flags, _, _, _, _, data in sent:
            if kind == records.FIXTURES:
                continue
            payload = json.loads(data) if data else None
            if kind == records.REPORT:
                payload = {key: value for key, value in payload.items() if key not in DROPPED}
            text = steady(json.dumps(payload, indent=1, sort_keys=True))
            found += f"item {index} kind {kind} outcome {outcome} flags {flags} {text}\n"
    return found


def steady(text):
    text = re.sub(r"environ\({.*", "environ", normal(text))
    text = re.sub(r"<CaptureManager _method.*|<MultiCapture.*|<FDCapture.*", "capture", text)
    text = re.sub(r"Instant\(.*|repeated \d+ more", "time", text)
    text = re.sub(r"\b(duration|start|stop|precise_\w+) += [\d.e-]+", "time", text)
    # hasten has the fixtures of pytest-xdist.
    text = re.sub(r", testrun_uid|, worker_id", "", text)
    return re.sub(r"pytest-\d+/(popen-gw0/)?", "pytest-N/", text)


def same(name, text, other, other_text):
    if text != other_text:
        lines = difflib.unified_diff(
            other_text.split("\n"), text.split("\n"), other, name, "", "", 8
        )
        pytest.fail("\n".join(line for line, _ in zip(lines, range(150))), pytrace=False)


def sections(supervisor):
    """Returns the sections of each phase that was not silent, as `Suite.recorded` does."""
    found = {}
    for index, sent in supervisor.by_item.items():
        nodeid = supervisor.collected["items"][index][0] if index != records.NO_ITEM else None
        for _, kind, _, _, _, _, _, _, data in sent:
            if kind == records.REPORT:
                payload = json.loads(data)
                part = payload["when"], payload["outcome"], payload["sections"]
                found.setdefault(nodeid, []).append(part)
            elif kind == records.PASSED:
                found[nodeid] = [(when, "passed", []) for when in ("setup", "call", "teardown")]
    return found


class Compared:
    """One suite, run by pytest, by the fused path and without it."""

    def __init__(self, suite, *args, fails=False):
        seen = suite.path / "seen.txt"
        texts = []

        def run(call, **env):
            seen.write_text("")
            done = call(**env)
            texts.append(normal(seen.read_text()))
            suite.forget()
            return done

        count = str(suite.path / "count.json")
        env = {"PYTHONPATH": HERE, "COUNT_FUSED": count, "SEEN": str(seen)}
        self.plain = run(lambda **_: suite.plain(*args, **env))
        self.fused = run(lambda **_: suite.run("-n", "1", "-p", "count_fused", *args, env=env))
        with open(count, encoding="utf-8") as file:
            self.counts = json.load(file)
        self.other = run(lambda **_: suite.run("-n", "1", "-p", "no_fused", *args, env=env))
        same("fused", texts[1], "plain", texts[0])
        same("other", texts[2], "plain", texts[0])
        same("fused", packed(self.fused), "other", packed(self.other))
        same("fused", steady(self.fused.out), "plain", steady(self.plain.out))
        same("fused", normal(self.fused.err), "plain", normal(self.plain.err))
        assert self.fused.exitstatus == self.plain.exitstatus
        assert fails is None or bool(self.fused.exitstatus) == fails, self.plain.out
        self.text = texts[0]


def write(suite, tests, conftest=""):
    suite.write_file("conftest.py", SEE + conftest)
    return suite.write_file("test_it.py", SEE + tests)


def test_output(suite):
    assert Compared(write(suite, OUTPUT), fails=True).counts["taken"] > 40


def counted(suite, *args):
    count = str(suite.path / "count.json")
    env = {"PYTHONPATH": HERE, "COUNT_FUSED": count, "SEEN": os.devnull}
    done = suite.run("-n", "1", "-p", "count_fused", *args, env=env)
    with open(count, encoding="utf-8") as file:
        return json.load(file), done


def test_no_capture(suite):
    counts, done = counted(write(suite, "def test_it(): print('here')"), "-s")
    assert counts["taken"] == 1
    assert "here" in done.out


FULL = {
    "--capture=sys": {"kind": "option", "detail": "--capture=sys"},
    "--capture=tee-sys": {"kind": "option", "detail": "--capture=tee-sys"},
    "--log-level=INFO": {"kind": "option", "detail": "log_level"},
    "-rA": {"kind": "reports"},
    "-p no:logging": {"kind": "switched-off", "detail": "logging"},
    "-o faulthandler_timeout=100": {"kind": "option", "detail": "faulthandler_timeout"},
}


@pytest.mark.parametrize("args", FULL)
def test_options_that_take_pytests_path(suite, args):
    counts, done = counted(write(suite, "def test_it(): pass"), *args.split())
    assert counts == {"why": FULL[args], "taken": 0, "refused": []}
    assert "1 passed" in done.out


def test_sections_are_those_of_pytest(suite):
    write(suite, OUTPUT + CAPTURE + LOGGING)
    env = {"PYTHONPATH": HERE, "SEEN": os.devnull}
    os.environ["SEEN"] = os.devnull
    try:
        plain = suite.recorded()
        ours = sections(suite.run("-n", "1", env=env))
    finally:
        del os.environ["SEEN"]
    for nodeid, reports in plain.items():
        expected = [(when, outcome, parts) for when, outcome, parts, _ in reports]
        assert ours[nodeid] == expected, nodeid


def test_logging(suite):
    assert Compared(write(suite, LOGGING), fails=True).counts["taken"] > 10


def test_capture(suite):
    assert Compared(write(suite, CAPTURE), fails=True).counts["taken"] > 10


@pytest.mark.parametrize(
    "args", [[], ["-Werror"], ["-Wignore"], ["-Werror", "--tb=native"]], ids=" ".join
)
def test_warnings(suite, args):
    assert Compared(write(suite, WARNINGS), *args, fails=True).counts["taken"] > 10


TB = ["auto", "long", "short", "line", "native", "no"]


@pytest.mark.parametrize(
    "args",
    [[f"--tb={style}"] for style in TB] + [["-l"], ["--full-trace"], ["--runxfail"]],
    ids=" ".join,
)
def test_outcomes(suite, args):
    assert Compared(write(suite, OUTCOMES), "-ra", *args, fails=True).counts["taken"] > 30


# Older ones tear down in a different order when a run is cut short; workers do as newer ones.
STOPS = "shouldfail" in runner.runtestprotocol.__code__.co_names


@pytest.mark.parametrize("args", [[], ["-x"], ["--maxfail=3"]] if STOPS else [[]], ids=" ".join)
def test_scopes(suite, args):
    assert Compared(write(suite, SCOPES), *args, fails=True).counts["taken"]


def test_state(suite):
    assert Compared(write(suite, STATE), fails=True).counts["taken"] > 25


@pytest.mark.parametrize("args", [[], ["--tb=native", "-Werror"], ["--full-trace"], ["--tb=long"]])
def test_bare_phases(suite, args):
    assert Compared(write(suite, BARE), *args, fails=True).counts["taken"] > 25


REPLACES = """
def pytest_collection_modifyitems(items):
    for item in items:
        for name in item.name.rpartition("_")[2].split("0"):
            if not hasattr(item, name):
                continue
            def mine(name=name, before=getattr(item, name)):
                print(name)
                see(name, os.environ.get("PYTEST_CURRENT_TEST"))
                return before()
            setattr(item, name, mine)
"""
REPLACED = "".join(
    f"def test_{number}_{name}(): see('ran', os.environ.get('PYTEST_CURRENT_TEST'))\n"
    for number, name in enumerate(
        ["x", "setup", "x", "runtest", "x", "teardown", "x", "setup0runtest0teardown", "x", "x"]
    )
)


def test_items_with_functions_of_a_plugin(suite):
    compared = Compared(write(suite, REPLACED, REPLACES), "-rP", fails=False)
    assert "runtest" in compared.fused.out
    assert Compared(write(suite, REPLACED, REPLACES), fails=False).counts["taken"] == 10


@pytest.mark.parametrize(
    "head, needs, most", [("", "", 250), ("@pytest.fixture\ndef one(): return 1\n", "one", 550)]
)
def test_cost_of_an_item(suite, head, needs, most):
    """Calls of functions stand for instructions: they can be counted everywhere."""
    counts = []
    for number in (100, 400):
        tests = "".join(f"def test_{each}({needs}): assert 1\n" for each in range(number))
        suite.write_file("test_it.py", "import pytest\n" + head + tests)
        count = suite.path / "count.txt"
        env = {"PYTHONPATH": HERE, "COUNT_CALLS": str(count)}
        assert suite.run("-n", "1", "-p", "count_calls", env=env, chunk=50).exitstatus == 0
        counts.append(int(count.read_text()))
    first, second = counts
    if sys.version_info >= (3, 14):  # filters of warnings are set by pytest's own way
        most += 50
    # The difference leaves out what happens once.
    assert (second - first) / 300 < most


def test_report_of_a_tests_own(suite):
    write(suite, SUB_REPORT)
    env = {"PYTHONPATH": HERE, "SEEN": os.devnull, "COUNT_FUSED": os.devnull}
    first, second = (
        suite.run("-n", "1", "-p", name, env=env) for name in ("count_fused", "no_fused")
    )
    same("fused", packed(first), "other", packed(second))


OWN_HOOKS = """
import os, pytest
def see(*what):
    with open(os.environ["SEEN"], "a") as file:
        print(*what, file=file)
"""
BELOW = {
    "setup": "def pytest_runtest_setup(item): see('setup', item.name)",
    "makereport": """
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "rep_" + call.when, outcome.get_result())
    see(item.name, call.when, outcome.get_result().outcome)
""",
    "teardown": """
@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem): see("teardown", item.name)
""",
    "logreport": "def pytest_runtest_logreport(report): see(report.nodeid, report.when)",
    "interact": "def pytest_exception_interact(call): see(call.excinfo.traceback)",
    "assertion": "def pytest_assertion_pass(item, lineno, orig, expl): see(item.name, orig)",
}
SEVERAL = (
    SEE
    + """
def test_passes(): assert 1
def test_prints(): print("x")
def test_fails(): assert 0
"""
)


@pytest.mark.parametrize("name", BELOW)
def test_hooks_of_a_folder(suite, name):
    write(suite, SEVERAL)
    suite.write_file("below/conftest.py", OWN_HOOKS + BELOW[name])
    suite.write_file("below/test_below.py", SEVERAL)
    suite.write_file("pytest.ini", "[pytest]\nenable_assertion_pass_hook = true\n")
    counts = Compared(suite, "-p", "no:cacheprovider", fails=True).counts
    assert counts["taken"] == 3
    (reason,) = counts["refused"]
    assert (reason["items"], reason["kind"]) == (3, "hook")
    assert reason["plugin"]["file"] == str(suite.path / "below" / "conftest.py")


def test_protocol_of_a_conftest(suite):
    write(
        suite,
        SEVERAL,
        """
@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    see("before", item.name)
    yield
    see("after", item.name)
""",
    )
    counts = Compared(suite, fails=True).counts
    assert counts["taken"] == 0
    (reason,) = counts["refused"]
    assert reason["items"] == 3
    assert reason["hooks"] == ["pytest_runtest_protocol"]
    assert reason["plugin"]["module"] == "conftest"


OBJECT = """
class Own:
    def pytest_runtest_setup(self, item): pass
    def pytest_runtest_makereport(self, item, call): pass
def pytest_configure(config): config.pluginmanager.register(Own())
"""


def test_reasons_name_who(suite):
    counts, _ = counted(write(suite, "def test_it(): pass", OBJECT))
    (reason,) = counts["refused"]
    plugin = {"name": "", "module": "conftest", "kind": "Own", "distribution": ""}
    plugin["file"] = str(suite.path / "conftest.py")
    hooks = ["pytest_runtest_setup", "pytest_runtest_makereport"]
    assert reason == {"items": 1, "kind": "hook", "hooks": hooks, "plugin": plugin}


def test_reasons_name_what_is_missing(suite):
    counts, _ = counted(write(suite, "def test_it(): pass"), "-p", "no:skipping")
    hooks = ["pytest_runtest_setup"]
    reason = {"items": 1, "kind": "switched-off", "detail": "skipping", "hooks": hooks}
    assert counts["refused"] == [reason]


def test_compared_by_a_hook(suite):
    write(
        suite,
        SEVERAL + "def test_compares(): assert 'a' == 'b'",
        """
def pytest_assertrepr_compare(op, left, right): return [f"{left} is not {right}", "for sure"]
""",
    )
    compared = Compared(suite, fails=True)
    assert compared.counts["taken"] == 4
    assert "a is not b" in compared.fused.out


def test_exit_and_interrupt(suite):
    for body in (
        "pytest.exit('enough')",
        "pytest.exit('enough', returncode=7)",
        "raise KeyboardInterrupt",
    ):
        for place in ("test", "setup", "teardown"):
            lines = {
                name: body if name == place else "pass" for name in ("test", "setup", "teardown")
            }
            write(
                suite,
                f"""
@pytest.fixture
def around():
    print("up")
    {lines["setup"]}
    yield
    {lines["teardown"]}
def test_first(): pass
def test_it(around): {lines["test"]}
def test_never(): pass
""",
            )
            env = {"PYTHONPATH": HERE, "SEEN": os.devnull}
            plain = suite.plain(**env)
            ours = suite.run("-n", "1", env=env)
            assert ours.exitstatus == plain.exitstatus
            assert normal(ours.out) == normal(plain.out)


class Maker:
    """Makes a small suite by chance."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lines = []

    def effect(self, where):
        chance = self.random.random()
        if chance < 0.80:
            return f"see({where!r})"
        return self.random.choice(
            [
                f"print({where!r})",
                f"sys.stderr.write({where!r})",
                f"os.write(1, {where.encode()!r})",
                f"logging.warning({where!r})",
                f"warnings.warn({where!r})",
                "raise ValueError('by chance')",
                "pytest.skip('by chance')",
                "pytest.xfail('by chance')",
                "request.node.add_marker(pytest.mark.xfail(reason='by chance'))",
                "request.getfixturevalue('capsys')" if "test" in where else "pass",
                "request.node.user_properties.append(('a', 1))" if "test" in where else "pass",
                "sys.stdout = io.StringIO()",
                "logging.getLogger().handlers = []",
            ]
        )

    def suite(self):
        fixtures = []
        for number, scope in enumerate(["session", "package", "module", "class", "function"] * 2):
            if self.random.random() < 0.5:
                continue
            name = f"{scope}_{number}"
            known = [each for each in fixtures if self.random.random() < 0.3]
            autouse = self.random.random() < 0.2
            params = ", params=[1, 2]" if self.random.random() < 0.2 else ""
            self.lines += [
                f"@pytest.fixture(scope={scope!r}, autouse={autouse}{params})",
                f"def {name}({', '.join(['request', *known])}):",
                f"    {self.effect(name + ' up')}",
                "    yield 1",
                f"    {self.effect(name + ' down')}",
            ]
            fixtures.append(name)
        for number in range(self.random.randrange(1, 4)):
            self.tests(fixtures, "")
            self.lines.append(f"class Test{number}:")
            if self.random.random() < 0.5:
                self.lines += ["    def setup_method(self): see('setup_method')"]
            self.tests(fixtures, "    ")
        return "\n".join(self.lines) + "\n"

    def tests(self, fixtures, indent):
        for _ in range(self.random.randrange(1, 6)):
            name = f"test_{len(self.lines)}"
            used = [each for each in fixtures if self.random.random() < 0.3]
            if self.random.random() < 0.1:
                self.lines.append(f"{indent}@pytest.mark.parametrize('x', [1, 2])")
                used.append("x")
            if self.random.random() < 0.1:
                self.lines.append(f"{indent}@pytest.mark.xfail(reason='known')")
            arguments = ["self"] if indent else []
            self.lines += [
                f"{indent}def {name}({', '.join([*arguments, 'request', *used])}):",
                f"{indent}    {self.effect(name)}",
                f"{indent}    {self.effect(name + ' again')}",
            ]


@pytest.mark.parametrize("seed", range(50))
def test_by_chance(suite, seed):
    write(suite, Maker(seed).suite())
    Compared(suite, "-ra", fails=None)


LIMITS = """
import time
def test_in_time(): pass
@pytest.mark.timeout(50)
def test_with_mark(): see("ran")
@pytest.mark.timeout(50, func_only=True)
class TestMarked:
    def test_it(self): see("ran")
"""


@pytest.mark.parametrize("args", [[], ["--timeout=50"]], ids=" ".join)
def test_pytest_timeout(suite, args):
    pytest.importorskip("pytest_timeout")
    counts = Compared(write(suite, LIMITS), *args, fails=False).counts
    assert counts["taken"] == 1
    assert counts["refused"] == [{"items": 2, "kind": "limit"}]


def test_timers_of_a_conftest(suite):
    pytest.importorskip("pytest_timeout")
    timer = "def pytest_timeout_set_timer(item, settings): see('timer', item.name); return True\n"
    counts = Compared(write(suite, LIMITS, timer), "--timeout=50", fails=False).counts
    assert counts["taken"] == 0
    (reason,) = counts["refused"]
    assert (reason["items"], reason["kind"]) == (3, "timers")


PROPERTIES = """
def test_first(): assert 1
def test_imports(): from hypothesis import given, strategies
def test_after(): from hypothesis import core; see(core.running_under_pytest)
"""
GIVEN = """
from hypothesis import given, settings, strategies
@given(strategies.integers())
@settings(max_examples=3)
def test_given(n): assert isinstance(n, int)
@given(strategies.integers())
@settings(max_examples=3, derandomize=True, database=None)
def test_given_fails(n): assert n < 0
@settings(max_examples=3)
def test_pointless(): pass
def test_other(): from hypothesis import core; see(core.running_under_pytest)
"""


def test_hypothesis(suite):
    pytest.importorskip("hypothesis")
    args = ["-p", "_hypothesis_pytestplugin"]
    assert Compared(write(suite, PROPERTIES), *args, fails=False).counts["taken"] == 3
    compared = Compared(write(suite, GIVEN), *args, fails=True)
    assert compared.counts["taken"] == 1
    assert compared.counts["refused"] == [{"items": 3, "kind": "hypothesis"}]


PATCHES = [
    "_pytest.runner.SetupState.setup",
    "_pytest.reports.TestReport.from_item_and_call",
    "_pytest.capture.CaptureManager.item_capture",
    "_pytest.logging.catching_logs.__enter__",
    "_pytest.python.Function.runtest",
]


@pytest.mark.parametrize("name", PATCHES)
def test_patched_pytest(suite, name):
    owner, _, function = name.rpartition(".")
    module = owner.rpartition(".")[0]
    patch = f"""
import {module}
before = {owner}.__dict__[{function!r}]
function = getattr(before, "__func__", before)
def mine(*args, **keywords):
    return function(*args, **keywords)
{owner}.{function} = classmethod(mine) if isinstance(before, classmethod) else mine
"""
    counts = Compared(write(suite, "def test_it(): pass", patch), fails=False).counts
    assert counts["taken"] == 0
    assert counts["why"]["kind"] == "patched"
    assert counts["why"]["detail"].endswith(f".{function}")
    assert counts["why"]["plugin"]["file"] == str(suite.path / "conftest.py")
