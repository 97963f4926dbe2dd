"""What is compared for each plugin.

A plugin is loaded alone (`-p`), so that no other one changes what is seen.
"""

import contextlib
import dataclasses
import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import postgresql


@dataclasses.dataclass
class Case:
    """A suite, run by plain pytest and by hasten."""

    name: str
    distribution: str
    modules: tuple
    runs: tuple = ((),)  # command lines, each a tuple of arguments
    artefacts: dict = dataclasses.field(default_factory=dict)  # by file name: what of it is compared
    same_output: bool = True  # what is printed is compared, else outcomes only
    unordered: bool = False  # lines of the output are compared whatever their order
    masks: tuple = ()  # patterns in the output, each with what is compared instead
    note: str = ""
    suite: str = ""  # the folder, if it is not named like the plugin
    modes: tuple = ("-n 2", "-n 2 --start-method spawn", "-n 0")
    variables: dict = dataclasses.field(default_factory=dict)  # for the suite
    needs: str = ""  # one of NEEDS
    by_worker: dict = dataclasses.field(default_factory=dict)  # artefacts that depend on workers: as pytest-xdist's


@dataclasses.dataclass
class Need:
    """Something that a machine may lack."""

    missing: object  # a function that says what is not installed, or None
    start: object = contextlib.nullcontext  # makes a context in which it runs, with variables for the suite


def no_postgresql():
    """Why there is no server."""
    return None if postgresql.programs() else postgresql.MISSING


def no_chromium():
    """Why there is no browser."""
    return None if shutil.which("chromium") else "Chromium is not installed: scripts/install-chromium installs Debian's"


NEEDS = {"chromium": Need(no_chromium), "postgresql": Need(no_postgresql, postgresql.server)}


def coverage(path):
    """Lines and branches that ran, by file, and by test.

    Which test sets up and tears down what several share depends on who comes first.
    """
    with sqlite3.connect(path) as database:
        contexts = dict(database.execute("select id, context from context"))
        files = dict(database.execute("select id, path from file"))
        found = set()
        for file, context, numbits in database.execute("select file_id, context_id, numbits from line_bits"):
            for number, bits in enumerate(numbits):
                found.update((file, context, 8 * number + bit) for bit in range(8) if bits >> bit & 1)
        for file, context, *arc in database.execute("select file_id, context_id, fromno, tono from arc"):
            found.add((file, context, tuple(arc)))
    everything = {(files[file], "", line) for file, _, line in found}
    own = {
        (files[file], contexts[context], line) for file, context, line in found if contexts[context].endswith("|run")
    }
    return sorted(everything | own, key=repr)


def coverage_xml(path):
    """Without times and paths."""
    return re.sub(r' timestamp="\d+"|<source>.*?</source>', "", path.read_text())


def json_report(path):
    """Outcomes with texts and sections."""
    report = json.loads(path.read_text())
    tests = []
    for test in report["tests"]:
        phases = {}
        for when in ("setup", "call", "teardown"):
            phase = test.get(when)
            if phase:
                phases[when] = {key: value for key, value in phase.items() if key != "duration"}
        tests.append((test["nodeid"], test["outcome"], test["keywords"], phases))
    return sorted(tests, key=repr), report["summary"], report["exitcode"]


def html_report(path):
    """Tests with results and logs."""
    found = re.search(r'data-jsonblob="([^"]*)"', path.read_text())
    data = json.loads(found[1].replace("&#34;", '"').replace("&quot;", '"').replace("&amp;", "&"))
    tests = {}
    for name, reports in data["tests"].items():
        tests[name] = [(each["result"], each["log"]) for each in reports]
    return json.dumps(tests, sort_keys=True)


def reportlog(path):
    """All reports of tests, without times."""
    times = ("duration", "start", "stop", "item_index", "worker_id", "testrun_uid", "node")
    reports = []
    for line in path.read_text().splitlines():
        report = json.loads(line)
        if report.get("$report_type") == "TestReport":
            reports.append(
                json.dumps({key: value for key, value in report.items() if key not in times}, sort_keys=True)
            )
    return sorted(reports)


def allure(folder):
    """Results with steps, labels and attachments, without times and ids."""
    found = []
    for path in folder.glob("*-result.json"):
        result = json.loads(path.read_text())
        labels = sorted(
            (each["name"], each["value"]) for each in result["labels"] if each["name"] not in ("host", "thread")
        )
        steps = [(step["name"], step["status"], len(step.get("attachments", ()))) for step in result.get("steps", ())]
        found.append((result["fullName"], result["name"], result["status"], labels, steps))
    return sorted(found, key=repr)


def benchmark_json(path):
    """What was measured, without what it took."""
    report = json.loads(path.read_text())
    found = [report["seen"], sorted(report["machine_info"]), report["version"]]
    for each in report["benchmarks"]:
        stats, profile = each.pop("stats"), each.pop("cprofile", ())
        counts = (stats["rounds"], stats["iterations"]) if "pedantic" in each["name"] else None
        found.append((each, sorted(stats), counts, sorted(line["function_name"] for line in profile)))
    return found


def benchmarks_saved(folder):
    """The same of what is kept, in the order of the runs."""
    saved = sorted(folder.glob("*/*.json"))
    return [(re.sub(r"_[0-9a-f]{40}_.*|_unver.*", "", path.stem), *benchmark_json(path)) for path in saved]


def durations(path):
    """Which tests are in it."""
    return sorted(json.loads(path.read_text()))


def files(folder):
    """Their names."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def text(path):
    """All of it."""
    return path.read_text()


def kept_in_postgresql(_folder):
    """Databases of tests that are left, each with the number of runs that noted themselves there."""

    def ask(database, query):
        command = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", f"--dbname={database}", f"--command={query}"]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().split()

    names = ask("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'test%' ORDER BY 1")
    return [(name, *ask(name, "SELECT count(*) FROM runs")) for name in names]


def kept_in_sqlite(folder):
    """The same of files."""
    found = []
    for path in sorted(folder.glob("test_shop*")):
        with contextlib.closing(sqlite3.connect(path)) as database:
            found.append((path.name, *map(str, *database.execute("SELECT count(*) FROM runs"))))
    return found


def without_worker(kept):
    """Which of these there are, whatever the worker."""
    return lambda folder: sorted({(name.split("_gw")[0], runs) for name, runs in kept(folder)})


def django(name, kept, **fields):
    """A suite with a database that outlives its run, in several runs in a row."""
    return Case(
        name,
        "pytest-django",
        ("pytest_django.plugin",),
        (
            (),
            ("--reuse-db",),
            ("--reuse-db",),
            ("--reuse-db", "--create-db"),
            (),
        ),
        {".": without_worker(kept)},
        by_worker={".": kept},
        suite="django",
        **fields,
    )


CASES = [
    Case("allure", "allure-pytest", ("allure_pytest.plugin",), (("--alluredir", "results"),), {"results": allure}),
    Case("anyio", "anyio", ("anyio.pytest_plugin",)),
    Case("asyncio", "pytest-asyncio", ("pytest_asyncio.plugin",)),
    Case(
        "bdd",
        "pytest-bdd",
        ("pytest_bdd.plugin",),
        ((), ("--gherkin-terminal-reporter", "-v")),
        note="With `--gherkin-terminal-reporter` the run stays in one process.",
    ),
    Case(
        "benchmark",
        "pytest-benchmark",
        ("pytest_benchmark.plugin",),
        (
            ("--benchmark-json=bench.json",),
            ("--benchmark-json=profile.json", "--benchmark-cprofile=ncalls"),
            ("--benchmark-save=one", "--benchmark-group-by=func"),
            ("--benchmark-autosave", "--benchmark-only", "--benchmark-save-data"),
            ("--benchmark-compare=0001", "--benchmark-compare-fail=min:5%", "-k", "slower or pedantic"),
            ("--benchmark-skip",),
            ("--benchmark-disable",),
            ("--benchmark-disable", "--benchmark-enable", "--benchmark-quiet"),
            ("--benchmark-verbose", "-k", "pedantic"),
        ),
        {"bench.json": benchmark_json, "profile.json": benchmark_json, ".benchmarks": benchmarks_saved},
        unordered=True,
        masks=(
            (r"(?ms)^-+ cProfile .*?^(?==)", ""),
            (r"\b[\d,]+\.\d+\b( \([\d,.>]+\))?|(?<= )\d+$", "N"),
            (r"(?s)^Traceback .*", ""),
            (r"^\t.* - Field .*\n", ""),
            (r"_unver\w*|_[0-9a-f]{40}_\w+", "_NAME"),
            (r" {2,}", " "),
            (r"-{2,}", "--"),
        ),
        note="Benchmarks run alone, when all others are done. With `--benchmark-verbose` the run stays in one process.",
    ),
    Case(
        "cov",
        "pytest-cov",
        ("pytest_cov.plugin",),
        (
            ("--cov", "--cov-branch", "--cov-report=term-missing"),
            ("--cov=package", "--cov-context=test", "--cov-report=term"),
            ("--cov=package", "--cov-report=xml:cov.xml", "--cov-fail-under=99"),
        ),
        {".coverage": coverage, "cov.xml": coverage_xml},
        unordered=True,
    ),
    Case(
        "custom-exit-code",
        "pytest-custom-exit-code",
        ("pytest_custom_exit_code",),
        (("--suppress-tests-failed-exit-code",), ()),
        suite="outcomes",
    ),
    Case("dependency", "pytest-dependency", ("pytest_dependency",), (("-rs",),)),
    Case(
        "django",
        "pytest-django",
        ("pytest_django.plugin",),
        ((), ("--reuse-db",), ("--create-db", "--no-migrations")),
        note="SQLite in memory.",
    ),
    django(
        "django-sqlite",
        kept_in_sqlite,
        variables={"SHOP_DATABASE": "sqlite"},
        note="SQLite in files: those that pytest-xdist makes, with what pytest-xdist leaves in them.",
    ),
    django(
        "django-postgresql",
        kept_in_postgresql,
        variables={"SHOP_DATABASE": "postgresql"},
        needs="postgresql",
        note="PostgreSQL: the databases that pytest-xdist makes, with what it leaves in them.",
    ),
    Case("env", "pytest-env", ("pytest_env.plugin",)),
    Case("flask", "pytest-flask", ("pytest_flask.plugin",)),
    Case(
        "html",
        "pytest-html",
        ("pytest_metadata.plugin", "pytest_html.plugin", "pytest_html.fixtures"),
        (("--html=report.html",),),
        {"report.html": html_report},
        suite="outcomes",
    ),
    Case("httpserver", "pytest-httpserver", ("pytest_httpserver.pytest_plugin",), same_output=False),
    Case(
        "hypothesis",
        "hypothesis",
        ("_hypothesis_pytestplugin",),
        ((), ("--hypothesis-show-statistics",)),
        same_output=False,
    ),
    Case(
        "json-report",
        "pytest-json-report",
        ("pytest_metadata.plugin", "pytest_jsonreport.plugin"),
        (("--json-report", "--json-report-file=report.json"),),
        {"report.json": json_report},
        suite="outcomes",
    ),
    Case("mock", "pytest-mock", ("pytest_mock",)),
    Case("order", "pytest-order", ("pytest_order.plugin",), ((), ("-v",))),
    Case(
        "playwright",
        "pytest-playwright",
        ("pytest_playwright.pytest_playwright",),
        (
            ("--screenshot=only-on-failure", "--tracing=retain-on-failure"),
            ("--screenshot=on", "--output=pictures", "test_a.py"),
            ("--screenshot=only-on-failure",),
        ),
        {"test-results": files, "pictures": files},
        unordered=True,
        needs="chromium",
        note="Debian's Chromium. The folder of results is emptied once in a run, and not by each worker.",
    ),
    Case(
        "randomly",
        "pytest-randomly",
        ("pytest_randomly",),
        (("-v", "--randomly-seed=7"), ("--randomly-seed=last",)),
        unordered=True,
    ),
    Case(
        "repeat",
        "pytest-repeat",
        ("pytest_repeat",),
        ((), ("--count", "3"), ("--count", "2", "--repeat-scope", "session")),
    ),
    Case(
        "reportlog",
        "pytest-reportlog",
        ("pytest_reportlog.plugin",),
        (("--report-log=log.json",),),
        {"log.json": reportlog},
        suite="outcomes",
    ),
    Case(
        "rerunfailures",
        "pytest-rerunfailures",
        ("pytest_rerunfailures",),
        ((), ("--reruns", "1", "-rR")),
        same_output=False,
        note="hasten does it, and prints it in its own way ([migrate.md](migrate.md#from-pytest-rerunfailures)).",
    ),
    Case(
        "snapshot",
        "pytest-snapshot",
        ("pytest_snapshot.plugin",),
        ((), ("--snapshot-update",)),
        {"kept/all.txt": text, "kept/own.txt": text},
    ),
    Case(
        "split",
        "pytest-split",
        ("pytest_split.plugin",),
        (
            ("--store-durations", "--durations-path=kept.json"),
            ("--splits", "2", "--group", "1", "--durations-path=none.json"),
        ),
        {"kept.json": durations},
        suite="outcomes",
    ),
    Case("subtests", "pytest", (), note="`subtests` is in pytest since 9.0."),
    Case("sugar", "pytest-sugar", ("pytest_sugar",), same_output=False, suite="outcomes"),
    Case("syrupy", "syrupy", ("syrupy",), ((), ("--snapshot-update",)), {"__snapshots__/test_it.ambr": text}),
    Case(
        "teamcity",
        "teamcity-messages",
        ("teamcity.pytest_plugin",),
        (("--teamcity",),),
        same_output=False,
        note="What PyCharm prints. As under pytest-xdist, the sides of a failed comparison are in its text only.",
        suite="outcomes",
    ),
    Case("testmon", "pytest-testmon", ("testmon.pytest_testmon",), (("--testmon",), ("--testmon",)), same_output=False),
    Case(
        "timeout",
        "pytest-timeout",
        ("pytest_timeout",),
        same_output=False,
        note="The text of a time-out is hasten's ([limits.md](limits.md)).",
    ),
    Case(
        "xprocess",
        "pytest-xprocess",
        ("xprocess.pytest_xprocess",),
        same_output=False,
        note="As under pytest-xdist, a process needs a name of its own in each worker (`worker_id`).",
    ),
]
