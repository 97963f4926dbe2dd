"""pytest's own subtests, whose failures are counted in the process that ran them.

`_pytest.subtests` (9.0 and later) fails a test that passed but has failed subtests when its status is asked
for: in main, which did not see the subtests run. So main counts them as their reports arrive.
"""

try:
    from _pytest.subtests import SubtestReport, failed_subtests_key
except ImportError:
    SubtestReport = failed_subtests_key = None


def count_failed(config, report):
    """Notes a failed subtest where ``pytest_report_teststatus`` looks for it."""
    if SubtestReport is not None and isinstance(report, SubtestReport) and report.failed:
        counts = config.stash.get(failed_subtests_key, None)
        if counts is not None:
            counts[getattr(report, "id", report.nodeid)] += 1
