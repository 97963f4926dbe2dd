"""Options for limits and retries: registered here, read by the supervisor."""

import argparse

_PREFIX = "hasten_"


def _number(text):
    value = float(text)
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1e9")
    return value


def _count(text):
    value = int(text)
    if not 0 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1000")
    return value


def _ratio(text):
    value = float(text)
    if not (value == 0 or 1 < value < 1e9):
        raise argparse.ArgumentTypeError(f"{text} is neither above 1 nor 0")
    return value


# argparse names them when a value cannot be read.
_number.__name__ = "number"
_count.__name__ = "count"
_ratio.__name__ = "ratio"

# Name, metavar, what the value is, help.
_VALUES = (
    ("profile", "NAME", str, "Settings of [tool.hasten.profiles.NAME] in pyproject.toml"),
    ("setup-timeout", "SECONDS", _number, "Seconds that the setup of a test may take"),
    ("call-timeout", "SECONDS", _number, "Seconds that a test may take without its fixtures"),
    ("teardown-timeout", "SECONDS", _number, "Seconds that the teardown of a test may take"),
    (
        "fixture-timeout",
        "SECONDS",
        _number,
        "Seconds that a fixture of a wider scope may take; it is not charged to a test then",
    ),
    (
        "collect-timeout",
        "SECONDS",
        _number,
        "Seconds that a file may take to be imported and collected",
    ),
    (
        "timeout-grace",
        "SECONDS",
        _number,
        "Seconds that a test has to end after its limit, before its process is killed",
    ),
    ("slow-after", "SECONDS", _number, "Say what has been running for so many seconds"),
    (
        "durations-regress",
        "RATIO",
        _ratio,
        "Fail the run when a test takes more than RATIO times its usual time, beyond noise",
    ),
    ("retries", "N", _count, "Run a failed test again, at most so many times"),
    ("retry-delay", "SECONDS", _number, "Seconds before a test is run again"),
    ("retry-backoff", "FACTOR", _number, "What the delay is multiplied by after each attempt"),
    ("shard", "I/N", str, "Run one of N parts of the tests, from 1/N to N/N"),
    ("shard-by", "UNIT", str, "What stays in one shard: auto (default), file, scope or test"),
    (
        "order",
        "ORDER",
        str,
        "Order of tests: file, failed-first, slowest-first, random or random:SEED",
    ),
    ("hold-max", "NUM", _count, "Failed tests that --hold-failed keeps, at most (default: 1)"),
    (
        "hold-for",
        "SECONDS",
        _number,
        "Seconds after which a kept process ends by itself (default: 3600)",
    ),
    ("quarantine", "FILE", str, "Tests whose failures do not fail the run: node ids, one a line"),
)
_FLAGS = (
    ("hold-failed", "Keep the process of a test that fails as it is, for hasten attach"),
    (
        "diagnose-flaky",
        "Try failed tests again: do they fail always, sometimes, or after another test?",
    ),
)

_OF_PYTEST_RETRY = ("retries", "retry-delay")


def add_rules(group, retries=True):
    """Registers them; without ``retries``, those that pytest-retry has as well are left out."""
    for name, metavar, kind, text in _VALUES:
        if name in _OF_PYTEST_RETRY and not retries:
            continue
        group.addoption("--" + name, dest=_dest(name), type=kind, metavar=metavar, help=text)
    group.addoption(
        "--flaky-result",
        dest=_dest("flaky-result"),
        choices=["pass", "fail"],
        help="Whether a test that passes after a failure passes (default) or fails",
    )
    for option, value, text in (
        ("--github", True, "Print annotations for GitHub Actions, and write a job summary"),
        ("--no-github", False, "Do not, on GitHub Actions, either"),
    ):
        group.addoption(
            option,
            dest=_dest("github"),
            action="store_const",
            const=value,
            default=None,
            help=text,
        )
    for name, text in _FLAGS:
        group.addoption(f"--{name}", dest=_dest(name), action="store_true", default=None, help=text)


def add_retries(group):
    """Registers those that were left out."""
    for name, metavar, kind, text in _VALUES:
        if name in _OF_PYTEST_RETRY:
            group.addoption("--" + name, dest=_dest(name), type=kind, metavar=metavar, help=text)


def add_isolate(group):
    """Registers what pytest-isolate has as well, as a switch."""
    group.addoption(
        "--isolate",
        dest=_dest("isolate"),
        choices=["test", "file", "none"],
        help="Run each test, or the tests of each file, in a process of its own",
    )


def given_rules(known):
    """Returns those that the command line has."""
    values = vars(known)
    found = {name: values.get(_PREFIX + name.replace("-", "_")) for name in _names()}
    return {name: value for name, value in found.items() if value is not None}


def _names():
    return [name for name, *_ in _VALUES + _FLAGS] + ["flaky-result", "github", "isolate"]


def _dest(name):
    return _PREFIX + name.replace("-", "_")
