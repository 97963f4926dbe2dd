"""An item that may be run more than once, in a worker."""

from types import MethodType

import pytest

from hasten_worker.messages.subtests import forget_failed

# Bits of an item in a RUN frame.
AGAIN = 1 << 31  # it was run before, here or elsewhere
PROVISIONAL = 1 << 30  # a failure of it may not be its last word
INDEX = PROVISIONAL - 1


class Attempts:
    """Keeps attempts at an item apart."""

    def __init__(self, session):
        self._session = session
        self._before = {}  # of items that failed here: what they had before

    def attempt(self, item, word):
        """Returns a context for one attempt."""
        return _Attempt(self._session, self._before, item, word)


class _Attempt:
    def __init__(self, session, before, item, word):
        self._session = session
        self._before = before
        self._item = item
        self._word = word
        self._maxfail = None
        self._failed = session.testsfailed

    def __enter__(self):
        session, item = self._session, self._item
        if self._word & AGAIN:
            before = self._before.get(item)
            if before is not None:
                _restore(item, before)
                forget_failed(session.config, item)
            _clean_at_setup(session)
        if self._word & PROVISIONAL:
            self._kept = _remember(item)
            # The supervisor counts, and says when it is enough.
            option = session.config.option
            self._maxfail = getattr(option, "maxfail", 0)
            option.maxfail = 0

    def __exit__(self, *_):
        session = self._session
        vars(session._setupstate).pop("setup", None)
        if self._word & PROVISIONAL:
            session.config.option.maxfail = self._maxfail
            if session.testsfailed != self._failed:
                session.testsfailed = self._failed
                self._before.setdefault(self._item, self._kept)


def _remember(item):
    storage = getattr(item, "stash", None)
    return (
        item._report_sections[:],
        item.user_properties[:],
        item.own_markers[:],
        dict(getattr(storage, "_storage", ())),
    )


def _restore(item, before):
    sections, properties, marks, stash = before
    item._report_sections = sections[:]
    item.user_properties = properties[:]
    item.own_markers[:] = marks
    storage = getattr(getattr(item, "stash", None), "_storage", None)
    if storage is not None:
        storage.clear()
        storage.update(stash)
    _forget_instance(item)


def _forget_instance(item):
    """The test gets an object of its class of its own, as each test does; pytest makes it."""
    method = getattr(item, "_obj", None)
    if type(method) is not MethodType or not isinstance(item.parent, pytest.Class):
        return
    owner = type(method.__self__)
    if getattr(owner, item.originalname, None) is method.__func__:  # else somebody has put it there
        vars(item).pop("_instance", None)
        item._obj = None


def _clean_at_setup(session):
    """In the setup of the next item, what failed before is taken down first.

    There and not here: what that prints, logs or raises belongs to the item.
    """
    state = session._setupstate

    def setup(item):
        __tracebackhide__ = True
        del state.setup
        if any(entry[1] is not None for entry in state.stack.values()):
            # A module or class could not be set up. Its parents are taken down with it.
            state.teardown_exact(None)
        _finish_failed_fixtures(session, item)
        state.setup(item)

    state.setup = setup


def _finish_failed_fixtures(session, item):
    """pytest keeps the error of a fixture for every test of its scope."""
    definitions = [*getattr(session._fixturemanager, "_arg2fixturedefs", {}).values()]
    info = getattr(item, "_fixtureinfo", None)
    definitions.extend(getattr(info, "name2fixturedefs", {}).values())
    for each in definitions:
        for definition in each:
            result = getattr(definition, "cached_result", None)
            if result is not None and result[2] is not None:
                definition.finish(item._request)
