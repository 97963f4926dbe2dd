"""pytest's own subtests, whose failures are counted in the process that ran them.

`_pytest.subtests` (9.0 and later) fails a test that passed but has failed subtests when its status
is asked for: in main, which did not see the subtests run. So the number travels with the test's
reports.
"""

try:
    from _pytest.subtests import SubtestReport, failed_subtests_key
except ImportError:
    SubtestReport = failed_subtests_key = None

FAILED_SUBTESTS = "$failed_subtests"


def note_failed(data, config, report):
    """Adds to the serialised report how many subtests of its test have failed so far."""
    counts = _counts(config)
    number = counts.get(_key(report)) if counts else None
    if number:
        data[FAILED_SUBTESTS] = number


def restore_failed(number, config, report):
    """Puts the number where ``pytest_report_teststatus`` looks for it."""
    counts = _counts(config)
    if number and counts is not None:
        counts[_key(report)] = number


def restore_context(report, data):
    """Gives the parameters of a subtest the words that they came with: pytest quotes them anew."""
    if is_subtest(report):
        words = data.get("_subtest.context", {}).get("kwargs")
        if words is not None:
            object.__setattr__(report.context, "kwargs", words)


def is_subtest(report):
    """Whether it is the report of a subtest, not of the test."""
    return SubtestReport is not None and isinstance(report, SubtestReport)


def forget_failed(config, report):
    """Forgets the failed subtests of an attempt that is not the last; returns their number.

    ``report`` may be the item as well.
    """
    counts = _counts(config)
    return counts.pop(_key(report), 0) if counts else 0


def _counts(config):
    return None if failed_subtests_key is None else config.stash.get(failed_subtests_key, None)


def _key(report):
    return getattr(report, "id", report.nodeid)
