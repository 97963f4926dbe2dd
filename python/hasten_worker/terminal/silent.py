"""Passed tests that nobody but pytest's own reporter cares about, counted and printed fast.

What pytest prints and counts for them is the same as if each report went through its hooks. That
costs forty microseconds a test, so the reporter is asked only where its answer is not known in
advance: at the first test of a file, near the edge of a line, and for the last test.
"""

from _pytest.reports import TestReport

_NEVER_NEAR = 1 << 30


class SilentPasses:
    """Takes records of tests that passed in silence."""

    def __init__(self, session, reporter, live):
        config = session.config
        self._session = session
        self._reporter = reporter
        self._live = live
        self._last_failed = getattr(config.pluginmanager.getplugin("lfplugin"), "lastfailed", {})
        self._template, self._key_name, self._key = _template()
        self._logfinish = getattr(reporter, "pytest_runtest_logfinish", None)
        self._path = None  # of the file whose name the reporter wrote last
        self._shown_path = None  # what the reporter keeps of it
        self._letters = 0  # not written yet
        self._room = 0  # letters that fit before the reporter has to be asked
        if reporter is not None:
            self._stats = reporter.stats
            self._reported = reporter._progress_nodeids_reported
            self._writer = reporter._tw
            self._batches = not (reporter.hasmarkup or reporter.showlongtestinfo or live)
            self._margin = self._edge_margin()

    def add(self, nodeid, start, setup, call, teardown):
        """One test passed."""
        key = self._key(nodeid)
        path, _, domain = nodeid.partition("::")
        location = (path, None, domain.replace("::", "."))
        if self._last_failed:
            self._last_failed.pop(key, None)
        if self._reporter is None:
            return
        first = self._report(key, location, "setup", start, setup)
        second = self._report(key, location, "call", start + setup, call)
        third = self._report(key, location, "teardown", start + setup + call, teardown)
        if self._live:
            self._count(first, second, third, key)
        elif self._fits(path):
            self._letters += 1
            self._room -= 1
            self._count(first, second, third, key)
        else:
            self.flush()
            self._ask(nodeid, path, location, first, second, third)

    def flush(self):
        """Writes the letters that were kept."""
        if self._letters:
            self._writer.write("." * self._letters, green=True)
            self._letters = 0

    def forget(self):
        """Somebody else printed: how much room a line has left is not known any more."""
        self.flush()
        self._path = None
        self._room = 0

    def _fits(self, path):
        return (
            self._room > 0
            and path == self._path
            and self._reporter.currentfspath is self._shown_path
            and len(self._reported) + 1 < self._session.testscollected
        )

    def _count(self, first, second, third, key):
        stats = self._stats
        if "" in stats and "passed" in stats:
            stats[""].append(first)
            stats["passed"].append(second)
            stats[""].append(third)
        else:
            self._reporter._add_stats("", [first])
            self._reporter._add_stats("passed", [second])
            self._reporter._add_stats("", [third])
        self._reporter._tests_ran = True
        self._reported.add(key)

    def _ask(self, nodeid, path, location, first, second, third):
        reporter = self._reporter
        reporter.pytest_runtest_logstart(nodeid, location)
        reporter._add_stats("", [first])
        reporter.pytest_runtest_logreport(second)
        reporter._add_stats("", [third])
        if self._logfinish is not None:
            self._logfinish(nodeid)
        self._path = path
        self._shown_path = reporter.currentfspath
        if not self._batches:
            self._room = 0
        elif self._margin is None:
            self._room = _NEVER_NEAR
        else:
            width = self._writer.width_of_current_line
            self._room = reporter._screen_width - self._margin - width - 1

    def _edge_margin(self):
        """Returns how far from the end of a line the reporter must be asked, or None: never."""
        style = self._reporter._show_progress_info
        if not style:
            return None
        if style == "count":
            number = self._session.testscollected
            return len(f" [{number}/{number}]") + 2
        return len(" 99h 59m") + 2

    def _report(self, key, location, when, start, duration):
        report = TestReport.__new__(TestReport)
        report.__dict__.update(
            self._template,
            location=location,
            when=when,
            duration=duration,
            start=start,
            stop=start + duration,
            keywords={},
            sections=[],
            user_properties=[],
        )
        report.__dict__[self._key_name] = key
        return report


def _template():
    """Returns the fields of a passed report, and how this version of pytest keeps a node id."""
    report = TestReport("a::b", ("a", None, "b"), {}, "passed", None, "call")
    fields = dict(report.__dict__)
    if "_id" in fields:  # 9.2
        return fields, "_id", type(fields["_id"]).parse
    return fields, "nodeid", str
