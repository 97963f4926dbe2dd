"""The COLLECTED message: what pytest collected, and what it said while it did."""

import os

from _pytest.nodes import Item

from hasten_worker.collection.times import TIMES
from hasten_worker.collection.together import together
from hasten_worker.configuration.filters import select
from hasten_worker.configuration.flaky_marks import add_flaky_marks
from hasten_worker.messages.benchmarks import alone
from hasten_worker.messages.values import complete
from hasten_worker.messages.warning_records import to_message

_OURS = frozenset(
    ("timeout", "flaky", "xdist_group", "serial", "resource", "dependency", "isolate")
)


class Collection:
    """Notes what pytest's collection says, through hooks that a role forwards."""

    def __init__(self):
        self.reports = []  # failed and skipped ones, as values for a wire
        self.deselected = 0
        self.warnings = []
        self.lines = []
        self.count = 0  # items before any was deselected
        self.output = ["", ""]  # written past pytest's capture
        self.drained = False  # a file took what pytest had captured until then
        self.finished = False

    def add_report(self, report, config):
        """A collector was collected."""
        if report.passed:
            self.count += sum(1 for node in report.result if isinstance(node, Item))
            return
        data = config.hook.pytest_report_to_serializable(config=config, report=report)
        if data is not None:
            self.reports.append(complete(data, report))

    def add_warning(self, warning_message, when, nodeid, location):
        """A warning was recorded. main records those of its own configuration itself."""
        if when != "config":
            self.warnings.append(to_message(warning_message, when, nodeid, location))

    def finish(self, session):
        """Collection came to its end; asks for the lines that pytest prints then."""
        self.finished = True
        config = session.config
        answers = config.hook.pytest_report_collectionfinish(
            config=config, start_path=config.invocation_params.dir, items=session.items
        )
        for answer in reversed(answers):
            self.lines.extend([answer] if isinstance(answer, str) else answer)

    def message(self, session, seconds, unsafe=(), stopped=None, filters=()):
        """Returns the COLLECTED message."""
        config = session.config
        items = session.items if stopped is None else []
        selected, bad_filter = select(session.items, filters) if filters else ([], None)
        return {
            "selected": selected,
            "bad_filter": bad_filter,
            "testsfailed": session.testsfailed,
            "collect_reports": self.reports,
            "deselected": self.deselected,
            "numcollected": self.count,
            "finished": self.finished,
            "warnings": self.warnings,
            "lines": self.lines,
            "output": self.output,
            "drained": self.drained,
            "lastfailed": _last_failed(config),
            "unsafe": list(unsafe),
            "seconds": seconds,
            "shouldstop": stopped,
            "continue_on_errors": bool(config.option.continue_on_collection_errors),
            "measured": TIMES.message(config.rootpath),
            **facts(items),
        }


def facts(items):
    """Returns what a message says of items."""
    table, marked = _items(items)
    said = together(items, marked)
    said["serial"] = sorted({*said["serial"], *alone(items)})
    return {"items": table, **said}


def _items(items):
    """Returns ``[nodeid, length of the parent's node id, timeout, func_only]`` for each item.

    And the indexes of those that have one of our marks, of their own or inherited.
    """
    parents = {}
    table, marked = [], []
    for index, item in enumerate(items):
        parent = item.parent
        known = parents.get(parent)
        if known is None:
            inherits = any(map(_has_ours, parent.listchain()))
            known = parents[parent] = (len(_readable(parent.nodeid)), inherits)
        limit = (None, None)
        if known[1] or (item.own_markers and _has_ours(item)):
            marked.append(index)
            limit = _limit(item)
        table.append((_readable(item.nodeid), known[0], *limit))
    add_flaky_marks(table, items, marked)
    return table, marked


def _has_ours(node):
    return any(mark.name in _OURS for mark in node.own_markers)


def _limit(node):
    mark = node.get_closest_marker("timeout")
    return (None, None) if mark is None else _parse(mark)


def _parse(mark):
    """Returns seconds and ``func_only`` of a timeout mark. A bad one is no limit."""
    timeout = mark.args[0] if mark.args else mark.kwargs.get("timeout")
    func_only = mark.kwargs.get("func_only")
    try:
        timeout = None if timeout is None else float(timeout)
    except (TypeError, ValueError):
        timeout = None
    if timeout is not None and not -1e9 < timeout < 1e9:  # no number, or as good as no limit
        timeout = None
    return timeout, func_only if isinstance(func_only, bool) else None


def _readable(nodeid):
    if nodeid.isascii():
        return nodeid
    return nodeid.encode("utf-8", "backslashreplace").decode("utf-8")


def _last_failed(config):
    """Returns what the cache plugin knows after collection: it learns from passed collectors."""
    plugin = config.pluginmanager.getplugin("lfplugin")
    known = getattr(plugin, "lastfailed", None)
    return None if known is None else [str(nodeid) for nodeid in known]


def relative(path, root):
    """Returns ``path`` as it is shorter to read: below ``root``, if it lies there."""
    try:
        shown = os.path.relpath(path, root)
    except ValueError:
        return path
    return path if shown.startswith("..") else shown
