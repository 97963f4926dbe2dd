"""pytest-playwright's folder of results is emptied once in a run.

Its fixture does that in each process: a worker that comes later would remove the screenshots that
others have made.
"""

import fcntl
import os
import sys

_FIXTURE = "delete_output_dir"
_MODULE = "pytest_playwright.pytest_playwright"


def in_worker(session, folder):
    """``folder`` is the same for all workers of a run, and of no other run."""
    if _MODULE not in sys.modules or not folder:
        return
    from hasten_worker.once.keys import definitions_of  # which no other suite needs here

    for definition in definitions_of(session._fixturemanager):
        if definition.argname == _FIXTURE and definition.func.__module__ == _MODULE:
            definition.func = _once(definition.func, os.path.join(folder, _FIXTURE))


def _once(function, path):
    def delete_output_dir(pytestconfig):
        # Whoever comes second waits for the first.
        with open(path, "a+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not lock.tell():
                function(pytestconfig)
                lock.write(b"done")

    return delete_output_dir
