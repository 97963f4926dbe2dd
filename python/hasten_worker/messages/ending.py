"""Why a pytest session wants to end: to a message, and from a message to the same end."""

import pytest
from _pytest._code.code import ExceptionInfo, ReprFileLocation, TerminalRepr
from _pytest.main import Session

from hasten_worker.inspection.tracebacks import without_our_frames


def stopped(error, config):
    """Returns the STOPPED message for an exception that ends a session."""
    message = {"kind": "internal", "message": "", "returncode": None, "excrepr": None}
    if isinstance(error, pytest.exit.Exception):
        message.update(kind="exit", message=str(error.msg), returncode=error.returncode)
        message["excrepr"] = _crash(error)
    elif isinstance(error, Session.Interrupted):
        message.update(kind="shouldstop", message=str(error))
    elif isinstance(error, Session.Failed):
        message.update(kind="shouldfail", message=str(error))
    elif isinstance(error, KeyboardInterrupt):
        message.update(kind="interrupt", message="KeyboardInterrupt", excrepr=_crash(error))
    elif isinstance(error, pytest.UsageError):
        # pytest prints each argument as a line of its own, with an empty line after it.
        message.update(kind="usage", message="\n\nERROR: ".join(map(str, error.args)))
    else:
        message["message"] = _text(error, config)
    return message


def raise_end(end, session, interruption):
    """Ends main's session as the message says; returns when the end is a regular one."""
    kind, message = end["kind"], end.get("message") or ""
    if kind == "done":
        return
    if kind == "shouldfail":
        session.shouldfail = session.shouldfail or message
        raise session.Failed(message)
    if kind == "shouldstop":
        session.shouldstop = session.shouldstop or message
        raise session.Interrupted(message)
    if kind == "exit":
        raise pytest.exit.Exception(message, end.get("returncode"))
    if kind == "interrupt":
        interruption.memo = _Memo(end.get("excrepr"))
        raise KeyboardInterrupt
    if kind == "usage":
        raise pytest.UsageError(message)
    raise RemoteError(message)


class RemoteError(Exception):
    """pytest failed in another process; the message is the text that it made of that."""


class Interruption:
    """A plugin of main's that shows where and how another process was interrupted."""

    def __init__(self):
        self.memo = None
        self._reporter = None

    @pytest.hookimpl(trylast=True)
    def pytest_keyboard_interrupt(self):
        if self.memo and getattr(self._reporter, "_keyboardinterrupt_memo", None):
            self._reporter._keyboardinterrupt_memo = self.memo

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr, excinfo):
        if excinfo is not None and isinstance(excinfo.value, RemoteError):
            text = str(excinfo.value)
        else:
            text = without_our_frames(str(excrepr))
        excrepr.toterminal = lambda tw: tw.write(text)

    @pytest.hookimpl
    def pytest_sessionstart(self, session):
        self._reporter = session.config.pluginmanager.getplugin("terminalreporter")


class _Memo:
    """What the terminal reporter keeps of an interruption."""

    def __init__(self, excrepr):
        self._text = (excrepr or {}).get("text") or ""
        self.reprcrash = _Location(excrepr)

    def toterminal(self, tw):
        for line in self._text.splitlines():
            tw.line(line)


class _Location(TerminalRepr):
    def __init__(self, excrepr):
        self.message = "KeyboardInterrupt"
        self._location = excrepr and ReprFileLocation(
            excrepr["path"], excrepr["lineno"], excrepr["message"]
        )

    def toterminal(self, tw):
        if self._location:
            self._location.toterminal(tw)


def _crash(error):
    """Returns where an exception was raised, as the terminal reporter would show it."""
    try:
        excrepr = _info(error).getrepr(funcargs=True)
        crash = excrepr.reprcrash
        return {
            "path": str(crash.path),
            "lineno": crash.lineno,
            "message": crash.message,
            "text": str(excrepr),
        }
    except Exception:
        return None


def _text(error, config):
    """Returns what pytest prints after ``INTERNALERROR>`` for this exception."""
    option = getattr(config, "option", None)
    style = "long" if getattr(option, "fulltrace", False) else "native"
    locals_too = getattr(option, "showlocals", False)
    excrepr = _info(error).getrepr(funcargs=True, showlocals=locals_too, style=style)
    return str(excrepr)


def _info(error):
    return ExceptionInfo((type(error), error, error.__traceback__), _ispytest=True)
