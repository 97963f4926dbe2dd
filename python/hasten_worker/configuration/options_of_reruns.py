"""The options and settings of pytest-rerunfailures: registered here, read by the supervisor.

Names, destinations and defaults are those of its release 16. The plugin itself is kept out.
"""

from hasten_worker.configuration.kept_out import would_rerun

FLAKY_MARKER = (
    "flaky(reruns=1, reruns_delay=0, reruns_delay_backoff_factor=1.0, condition=True, "
    "only_rerun=None, rerun_except=None): run the test again when it fails, at most so many times."
)
_LINES = ("only_rerun", "rerun_except")


def add_reruns(parser):
    """Registers them."""
    group = parser.getgroup("hasten", "distributed and subprocess testing")
    for name, kind, text in (
        ("--reruns", int, "Run a failed test again, at most so many times"),
        ("--force-reruns", int, "The same for every test, whatever its mark says"),
        ("--reruns-delay", float, "Seconds before a test is run again"),
        (
            "--reruns-delay-backoff-factor",
            float,
            "What the delay is multiplied by after each attempt",
        ),
        ("--max-suite-reruns", int, "Most reruns of the whole run"),
    ):
        group.addoption(name, action="store", dest=_dest(name), type=kind, help=text)
    for name, text in (
        ("--only-rerun", "Run again only after errors that match this regular expression"),
        ("--rerun-except", "Run again only after errors that do not match it"),
        ("--rerun-exclude-path", "Run no test of this path again"),
    ):
        group.addoption(name, action="append", dest=_dest(name), type=str, help=text)
    group.addoption(
        "--reruns-mode",
        action="store",
        dest="reruns_mode",
        choices=("strict", "append"),
        default="strict",
        help="Whether the number of a mark replaces that of the option (strict), or is added to it",
    )
    group.addoption(
        "--fail-on-flaky",
        action="store_true",
        dest="fail_on_flaky",
        help="As --flaky-result=fail",
    )
    group.addoption(
        "--rerun-show-tracebacks",
        action="store_true",
        dest="rerun_show_tracebacks",
        help="Show the tracebacks of all attempts in the summary of reruns",
    )
    for name in ("reruns", "reruns_delay", "reruns_delay_backoff_factor"):
        parser.addini(name, f"As --{name.replace('_', '-')}", type="string")
    for name in _LINES:
        parser.addini(name, f"As --{name.replace('_', '-')}, one a line", type="linelist")


def given_reruns(config, known):
    """Returns what the command line and the settings file say."""
    values = {
        "reruns": _count(getattr(known, "reruns", None)),
        "reruns_delay": getattr(known, "reruns_delay", None),
        "ini_reruns": _count(_value(config, None, "reruns", int)),
        "ini_reruns_delay": _value(config, None, "reruns_delay", float),
        "reruns_delay_backoff_factor": _value(config, known, "reruns_delay_backoff_factor", float),
        "force_reruns": _count(getattr(known, "force_reruns", None)),
        "max_suite_reruns": _count(getattr(known, "max_suite_reruns", None)),
        "rerun_exclude_path": _all(getattr(known, "rerun_exclude_path", None)),
        "reruns_mode": getattr(known, "reruns_mode", None),
        "installed": would_rerun(config),
        "fail_on_flaky": bool(getattr(known, "fail_on_flaky", False)),
    }
    for name in _LINES:
        given = getattr(known, name, None)
        values[name] = _all(given or _ini(config, name))
    return values


def _value(config, known, name, kind):
    value = getattr(known, name, None)
    if value is None:
        try:
            value = kind(_ini(config, name))
        except (TypeError, ValueError):
            return None
    # A number that makes no sense is none, as for the plugin.
    return value if -1e9 < value < 1e9 else None


def _all(values):
    # pytest 7 reads a command line more than once, into the same lists.
    return list(dict.fromkeys(values or ()))


def _count(value):
    return None if value is None else max(0, min(value, 1000000))


def _ini(config, name):
    try:
        return config.getini(name)
    except (ValueError, KeyError):
        return None


def _dest(name):
    return name.lstrip("-").replace("-", "_")
