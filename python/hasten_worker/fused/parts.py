"""The wrappers that pytest puts around items and phases, without generators around them."""

import logging
import os
import sys
import warnings
from io import StringIO

from _pytest import assertion, capture
from _pytest import logging as pytest_logging
from _pytest.assertion import util
from _pytest.warnings import catch_warnings_for_item

# Since pytest 9.1 loggers that do not propagate are given the handlers, too.
_ATTACHES = "attached_loggers" in getattr(pytest_logging.catching_logs, "__slots__", ())
# Python 3.14 keeps filters in a context, too.
_FAST_WARNINGS = sys.version_info < (3, 14)
_dup2 = os.dup2


class Warnings:
    """``pytest_runtest_protocol`` of ``_pytest.warnings``, with filters made once."""

    def __init__(self, config):
        self._config = config
        self._class = warnings.catch_warnings
        self._before = self._options = self._filters = None

    def enter(self, item, has_filters):
        """Begins to record warnings; returns what to give to ``leave``."""
        if has_filters or not self._is_known():
            real = catch_warnings_for_item(
                config=self._config, ihook=item.ihook, when="runtest", item=item
            )
            before = warnings.filters[:]
            real.__enter__()
            if not has_filters and _FAST_WARNINGS:
                self._learn(before)
            return real, None
        catching = self._class(record=True)
        log = catching.__enter__()
        warnings.filters[:] = self._filters
        warnings._filters_mutated()
        return catching, log

    def leave(self, item, entered):
        """Reports what was recorded."""
        catching, log = entered
        try:
            if log:
                _report_warnings(item, log)
        finally:
            catching.__exit__(None, None, None)

    def _is_known(self):
        return (
            warnings.filters == self._before
            and sys.warnoptions == self._options
            and warnings.catch_warnings is self._class
        )

    def _learn(self, before):
        record = getattr(warnings._showwarnmsg_impl, "__self__", None)
        if record == []:  # making the filters warns if one names a module that is not there
            self._before, self._options = before, sys.warnoptions[:]
            self._filters = warnings.filters[:]


def _report_warnings(item, log):
    ihook = item.ihook
    for message in log:
        ihook.pytest_warning_recorded.call_historic(
            kwargs={
                "warning_message": message,
                "nodeid": item.nodeid,
                "when": "runtest",
                "location": None,
            }
        )


class Comparisons:
    """``pytest_runtest_protocol`` of ``_pytest.assertion``: its function is made when asked for."""

    def __init__(self, config):
        self._config = config
        self._item = None
        self._saved = None

    def enter(self, item):
        self._item = item
        self._saved = util._reprcompare, util._assertion_pass
        util._reprcompare = self._explain
        util._config = self._config

    def leave(self):
        self._item = None
        util._reprcompare, util._assertion_pass = self._saved
        util._config = None

    def _explain(self, op, left, right):
        real = assertion.pytest_runtest_protocol(self._item)
        now = util._reprcompare, util._assertion_pass, util._config
        next(real)
        try:
            explain = util._reprcompare
        finally:
            real.close()
            util._reprcompare, util._assertion_pass, util._config = now
        return explain(op, left, right)


class Handlers:
    """``_runtest_for`` of pytest's logging plugin."""

    def __init__(self, plugin):
        self.caplog = plugin.caplog_handler
        self.log = plugin.report_handler
        self._stock = logging.Logger.addHandler, logging.Logger.removeHandler
        self._clean = None  # the streams, when nothing was written to them
        self._loggers = ()

    def install(self):
        """Gives the handlers to the loggers; returns the list of records of this phase."""
        caplog, log = self.caplog, self.log
        if (caplog.stream, log.stream) != self._clean:
            caplog.stream, log.stream = StringIO(), StringIO()
        self._clean = None
        caplog.records = records = []
        log.records = []
        self._loggers = loggers = _loggers()
        stock = self._are_stock()
        for logger in loggers:
            handlers = logger.handlers
            if stock and caplog not in handlers and log not in handlers:
                # Without the lock of the method: appending is atomic.
                handlers += (caplog, log)
            else:
                logger.addHandler(caplog)
                logger.addHandler(log)
        return records

    def install_again(self):
        """Does what ``remove`` and ``install`` do, after a phase in which nothing was heard."""
        caplog, log = self.caplog, self.log
        loggers = self._loggers
        for logger in loggers:
            if logger.handlers[-2:] != [caplog, log]:
                break
        else:
            if _loggers() == loggers:
                caplog.records = records = []
                self._clean = None
                return records
        clean = self._clean
        self.remove()
        self._clean = clean
        return self.install()

    def remove(self):
        """Takes the handlers away."""
        caplog, log = self.caplog, self.log
        stock = self._are_stock()
        for logger in self._loggers:
            if not stock:
                logger.removeHandler(log)
                logger.removeHandler(caplog)
                continue
            handlers = logger.handlers
            for handler in (log, caplog):
                try:
                    handlers.remove(handler)
                except ValueError:  # a test has removed it
                    pass
        self._loggers = ()

    def heard(self):
        """Whether somebody logged anything."""
        caplog, log = self.caplog, self.log
        if log.records or log.stream.tell() or caplog.records or caplog.stream.tell():
            return True
        self._clean = caplog.stream, log.stream
        return False

    def soil(self):
        """The streams cannot be used again."""
        self._clean = None

    def _are_stock(self):
        kind = logging.Logger
        return (kind.addHandler, kind.removeHandler) == self._stock


def _loggers():
    root = logging.getLogger()
    loggers = [root]
    if _ATTACHES:
        for logger in root.manager.loggerDict.values():
            if getattr(logger, "propagate", True) or not isinstance(logger, logging.Logger):
                continue
            if logger is not root:
                loggers.append(logger)
    return loggers


class Files:
    """The global capture of ``CaptureManager.item_capture``."""

    def __init__(self, whole):
        self._whole = whole
        self._parts = [
            (part, part.syscapture, name, number)
            for part, name, number in ((whole.out, "stdout", 1), (whole.err, "stderr", 2))
            if part is not None
        ]

    def resume(self):
        whole = self._whole
        if whole._in_suspended:
            whole.resume_capturing()
            return
        whole._state = "started"
        for part, stream, name, number in self._parts:
            if part._state == "suspended" and stream._state == "suspended":
                setattr(sys, name, stream.tmpfile)
                stream._state = "started"
                _dup2(part.tmpfile.fileno(), number)
                part._state = "started"
            else:
                part.resume()

    def resume_again(self):
        """Does what ``suspend`` and ``resume`` do: puts things where a test has removed them."""
        for part, stream, name, number in self._parts:
            if part._state != "started" or stream._state != "started" or self._whole._in_suspended:
                self.suspend()
                self.resume()
                return
            setattr(sys, name, stream.tmpfile)
            _dup2(part.tmpfile.fileno(), number)
        self._whole._state = "started"

    def suspend(self):
        self._whole._state = "suspended"
        for part, stream, name, number in self._parts:
            if part._state == "started" and stream._state == "started":
                setattr(sys, name, stream._old)
                stream._state = "suspended"
                _dup2(part.targetfd_save, number)
                part._state = "suspended"
            else:
                part.suspend()

    def are_empty(self):
        """Whether nothing reached the files; a test may have closed them."""
        try:
            for part, _, _, _ in self._parts:
                if _holds_something(part.tmpfile.fileno()):
                    return False
        except (OSError, ValueError):
            return False
        return True


def _first_byte(number):
    return os.pread(number, 1, 0)


def _end(number):
    return os.lseek(number, 0, os.SEEK_END)


# pytest reads a file from its start, and empties it. Before 9.2 it did so with an empty one, too,
# which moved a position that a test had left behind the end.
_READS_EMPTY = "fstat" not in capture.FDCapture.snap.__code__.co_names
_holds_something = _end if _READS_EMPTY else _first_byte


class CurrentTest:
    """The variable ``PYTEST_CURRENT_TEST``, as ``os.environ`` sets it."""

    def __init__(self):
        self._known = os.putenv, os.unsetenv
        self._key = os.environ.encodekey(VARIABLE)
        self._name = None

    def enter(self, item):
        """Says whose phases follow."""
        self._name = item.nodeid.replace("\x00", "(null)")

    def set(self, when):
        value = f"{self._name} ({when})"
        environ = os.environ
        if type(environ) is not _ENVIRON or (os.putenv, os.unsetenv) != self._known:
            environ[VARIABLE] = value
            return
        value = environ.encodevalue(value)
        os.putenv(self._key, value)
        environ._data[self._key] = value

    def forget(self):
        """Removes it; returns False where nobody could."""
        environ = os.environ
        if type(environ) is not _ENVIRON or (os.putenv, os.unsetenv) != self._known:
            if VARIABLE not in environ:
                return False
            environ.pop(VARIABLE)
        elif self._key not in environ._data:
            return False
        else:
            os.unsetenv(self._key)
            del environ._data[self._key]
        return True


VARIABLE = "PYTEST_CURRENT_TEST"
_ENVIRON = type(os.environ)
