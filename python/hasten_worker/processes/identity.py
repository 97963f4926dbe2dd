"""A worker's identity, and who asks for it before there is one.

Workers are forked after conftest files and tests were imported. Whoever asked for the name of the
worker by then has one name for all of them; so each question is noted, and the supervisor starts
workers that load for themselves.
"""

import os
import sys

from hasten_worker.collection.collected import relative

# The run's id is left out: it is the same in every worker.
_NAMES = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT")
_RUN_ID = "PYTEST_XDIST_TESTRUNUID"
_KEYS = ("workerid", "workercount")
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_SKIPPED = (os.__file__, "<frozen os>", "<frozen _collections_abc>")
_PYTEST = ("_pytest", "pluggy", "pytest", "_pytest.assertion.rewrite")
# pytest-cov is told who it is once more, after the fork (``running/adoption.py``); syrupy only
# looks whether there is a worker, each time anew; pytest-benchmark is told that there is none
# (``messages/benchmarks.py``).
_ADOPTED = ("pytest_cov", "syrupy", "pytest_benchmark")


def set_environment(identity):
    """Sets the environment variables of a worker of pytest-xdist."""
    os.environ["PYTEST_XDIST_WORKER"] = identity["id"]
    os.environ["PYTEST_XDIST_WORKER_COUNT"] = str(identity["count"])
    os.environ["PYTEST_XDIST_TESTRUNUID"] = identity["testrunuid"]


def worker_input(identity):
    """Returns the values of ``config.workerinput``."""
    return {
        "workerid": identity["id"],
        "workercount": identity["count"],
        "testrunuid": identity["testrunuid"],
        "mainargv": list(sys.argv),
    }


class IdentityAudit:
    """Notes reads of a worker's identity."""

    current = None

    def __init__(self, absent=False):
        self.causes = []
        self.absent = absent  # this process has none, while a worker has
        self._environ = os.environ
        self._class = type(os.environ)
        self._keys = []  # of the iteration that was begun last
        self._read = 0  # how many of them were read since, one after another

    def start(self):
        """Begins to watch ``os.environ``."""
        IdentityAudit.current = self
        try:
            self._environ.__class__ = _watched(self._class)
        except TypeError:  # somebody has put an object of another kind there
            pass

    def stop(self):
        """Gives ``os.environ`` its own class again."""
        if IdentityAudit.current is self:
            IdentityAudit.current = None
            self._environ.__class__ = self._class

    def hazards(self):
        """Returns why this process must not be forked, as COLLECTED says it."""
        return [{"kind": "identity", "cause": cause} for cause in self.causes]

    def asked(self, key):
        """Somebody reads a variable, or whether there is one."""
        if key in _NAMES or (self.absent and key == _RUN_ID):
            self.note(key)

    def iterated(self, key):
        """``os.environ`` was iterated to this key; None: it is begun."""
        if key is None:
            self._keys, self._read = [], 0
        else:
            self._keys.append(key)

    def copies(self, key):
        """Whether a read is one of those that copy the whole environment, key after key."""
        keys, position = self._keys, self._read
        if position < len(keys) and keys[position] == key:
            self._read += 1
            return True
        self._keys = []
        return False

    def note(self, what):
        """Somebody reads; the line that does is the cause."""
        frame = sys._getframe(2)
        while frame is not None and _is_skipped(frame):
            frame = frame.f_back
        package = "" if frame is None else frame.f_globals.get("__name__", "").partition(".")[0]
        if frame is None or package in _PYTEST or package in _ADOPTED:
            return
        path = relative(frame.f_code.co_filename, os.getcwd())
        cause = f"{path}:{frame.f_lineno} reads {what}"
        if cause not in self.causes:
            self.causes.append(cause)


class WorkerInput(dict):
    """``config.workerinput`` that tells an audit who reads the identity.

    What plugins add in ``pytest_configure_node`` is in main, which comes to it while this process
    goes on. ``ask`` fetches it, for all workers, when somebody reads what is not there.
    """

    def __init__(self, values, ask=None):
        super().__init__(values)
        self._ask = ask
        self._differing = ()

    def complete(self, values, others=()):
        """Takes what main says of this worker, and of the others."""
        self._ask = None
        own = {key: value for key, value in values.items() if key not in _KEYS}
        self.update(own)
        self._differing = {
            key for key in own for other in others if not _equal(other.get(key), own[key])
        }

    def __getitem__(self, key):
        self._note(key)
        return super().__getitem__(key)

    def __missing__(self, key):
        if self._fetch() and super().__contains__(key):
            return self[key]
        raise KeyError(key)

    def __contains__(self, key):
        return super().__contains__(key) or (self._fetch() and super().__contains__(key))

    def __iter__(self):
        self._fetch()
        return super().__iter__()

    def __len__(self):
        self._fetch()
        return super().__len__()

    def get(self, key, default=None):
        if key in self:
            return self[key]
        return default

    def keys(self):
        self._fetch()
        return super().keys()

    def items(self):
        self._fetch()
        self._note("workerid")
        return super().items()

    def values(self):
        self._fetch()
        self._note("workerid")
        return super().values()

    def copy(self):
        return dict(self.items())

    def _fetch(self):
        if self._ask is None:
            return False
        ask, self._ask = self._ask, None
        first, *rest = ask()
        self.complete(first, rest)
        return True

    def _note(self, key):
        if key in _KEYS or key in self._differing:
            _note_key(key)


def _equal(a, b):
    try:
        return bool(a == b)
    except Exception:
        return False


def _note_key(key):
    audit = IdentityAudit.current
    if audit is not None:
        audit.note(f'workerinput["{key}"]')


def _is_skipped(frame):
    path = frame.f_code.co_filename
    return path in _SKIPPED or path.endswith("_collections_abc.py") or path.startswith(_OURS)


def _watched(original):
    """Returns a class for ``os.environ`` that notes reads of single variables."""

    class Environ(original):
        def __getitem__(self, key):
            audit = IdentityAudit.current
            if audit is not None and not audit.copies(key):
                audit.asked(key)
            return original.__getitem__(self, key)

        def __contains__(self, key):
            audit = IdentityAudit.current
            if audit is not None and audit.absent:
                audit.asked(key)
            # Every worker has one: the answer is the same in all of them.
            try:
                original.__getitem__(self, key)
            except KeyError:
                return False
            return True

        def __iter__(self):
            audit = IdentityAudit.current
            if audit is None:
                yield from original.__iter__(self)
                return
            audit.iterated(None)
            for key in original.__iter__(self):
                audit.iterated(key)
                yield key

    Environ.__name__ = original.__name__
    Environ.__qualname__ = original.__qualname__
    Environ.__module__ = original.__module__
    return Environ
