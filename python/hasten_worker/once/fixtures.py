"""Fixtures of a worker that are set up once for the whole run.

The worker that is told to sets one up as pytest does; what tears it down is kept from pytest until
the run is over. All others get the value, and set up nothing that only such a fixture uses.
"""

import pickle
from functools import partial

import pytest
from _pytest.outcomes import TEST_OUTCOME

from hasten_worker.once import exchange, failures
from hasten_worker.once.keys import Identity, Unshared, definitions_of, describe
from hasten_worker.once.left_out import LeftOut
from hasten_worker.running.fixture_names import fixture_name
from hasten_worker.running.leftovers import is_own


class Once:
    """The definitions of such fixtures in this process, and what is known of them."""

    def __init__(self, session, exchange, folder):
        self._session = session
        self._exchange = exchange
        self._folder = folder
        self._shared = set()  # the definitions
        self._failures = None  # the plugin that shows those of others, once there is one
        self._keys = {}  # of each definition: what its cached result is of
        self._values = {}  # of each key
        self._requests = {}  # of each key that has a value: its definition and a request for it
        self._kept = {}  # of each key that was set up here: its cached result and its finalizers
        self._each = set()  # keys that this worker sets up for itself
        self._given = set()  # definitions that had a value when they were asked for last
        self._left_out = LeftOut()

    def watch(self, names):
        """Begins with the fixtures that are marked, and with those of these names."""
        found = definitions_of(self._session._fixturemanager)
        wide = {each.argname for each in found if each.scope == "session"}
        for definition in found:
            marked = getattr(definition.func, "__hasten_once__", False)
            if definition.scope == "session":
                if marked or definition.argname in names:
                    self._watch(definition)
            elif marked or (definition.argname in names and definition.argname not in wide):
                key = fixture_name(definition, self._folder)
                reason = f'its scope is "{definition.scope}", and has to be "session"'
                self._exchange.tell_each(key, reason)

    def has_to_end(self, key):
        """Whether something is set up here that has to be torn down before, or is that fixture."""
        definition, _ = self._requests.get(key, (None, None))
        if definition is None:
            return False
        depend = self._is_cached(definition, key) and definition._finalizers
        return key in self._kept or bool(depend)

    def end(self, key):
        """Tears down what was set up here, after what depends on it here."""
        __tracebackhide__ = True
        self._values.pop(key, None)
        definition, request = self._requests.pop(key, (None, None))
        result, finalizers = self._kept.pop(key, (None, []))
        if definition is None:
            return
        if self._is_cached(definition, key):
            definition._finalizers = [*finalizers, *definition._finalizers]
            definition.finish(request)
        elif finalizers:
            now = definition.cached_result, definition._finalizers
            definition.cached_result, definition._finalizers = result, finalizers
            try:
                definition.finish(request)
            finally:
                definition.cached_result, definition._finalizers = now

    def release(self):
        """Gives back to pytest's session what was kept from it."""
        state = self._session._setupstate
        vars(state).pop("teardown_exact", None)
        if self._session in state.stack:
            for key in self._kept:
                state.addfinalizer(partial(self.end, key), self._session)

    def _watch(self, definition):
        plain = definition.execute
        identity = Identity(definition, self._folder)
        self._shared.add(definition)

        def execute(request):
            __tracebackhide__ = True
            key = self._key(identity, request)
            if key in self._each:
                self._forget(definition, request, key)
            elif not self._is_cached(definition, key) or definition in self._given:
                if self._is_to_be_set_up(definition, request, key):
                    return self._set_up(definition, request, key, plain)
                if key in self._values:
                    return self._give(definition, request, key)
            return plain(request=request)

        definition.execute = execute

    def _is_cached(self, definition, key):
        return definition.cached_result is not None and self._keys.get(definition) == key

    def _key(self, identity, request):
        try:
            return identity.key(request, self._shared)
        except Unshared as why:
            self._leave_to_pytest(identity.name, str(why))
            return identity.name

    def _leave_to_pytest(self, key, why):
        if key not in self._each:
            self._each.add(key)
            self._exchange.tell_each(key, why)

    def _is_to_be_set_up(self, definition, request, key):
        """Whether this worker sets it up for all. Raises the failure of the one that has tried."""
        __tracebackhide__ = True
        if key in self._values:
            return False
        kind, data = self._exchange.ask(key)
        if kind == exchange.FAILURE:
            self._raise(data)
        if kind == exchange.VALUE:
            try:
                self._values[key] = pickle.loads(data)
            except Exception as error:
                self._leave_to_pytest(key, f"its value cannot be unpickled ({describe(error)})")
        elif kind == exchange.EACH:
            self._each.add(key)
        if key in self._each:
            self._forget(definition, request, key)
        return kind == exchange.SET_UP

    def _forget(self, definition, request, key):
        """Forgets what is cached for other parameters, as pytest does when they change."""
        if definition.cached_result is not None and self._keys.get(definition) != key:
            definition.finish(request)
        self._keys[definition] = key
        self._given.discard(definition)

    def _give(self, definition, request, key):
        if not self._is_cached(definition, key):
            self._forget(definition, request, key)
            self._requests.setdefault(key, (definition, request))
            definition.cached_result = self._values[key], definition.cache_key(request), None
        self._given.add(definition)
        self._left_out.hide(request, self._given)
        return self._values[key]

    def _set_up(self, definition, request, key, plain):
        __tracebackhide__ = True
        self._forget(definition, request, key)
        try:
            value = plain(request=request)
        except BaseException as error:
            self._tell_failure(definition, request, key, error)
            raise
        try:
            data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            self._leave_to_pytest(key, f"its value cannot be pickled ({describe(error)})")
            return value
        self._keep(definition, request, key, value)
        self._exchange.tell(exchange.VALUE, key, data, any(map(is_own, self._kept[key][1])))
        return value

    def _tell_failure(self, definition, request, key, error):
        # pytest keeps the failure of a fixture; where there is none, something else has failed.
        own = definition.cached_result is not None and isinstance(error, TEST_OUTCOME)
        data = None
        if own and not isinstance(error, pytest.exit.Exception):
            try:
                data = failures.pack(error, request._pyfuncitem)
            except Exception:  # what pytest would show cannot be known before
                pass
        if data is None:
            self._exchange.tell(exchange.NOTHING, key)
        else:
            self._exchange.tell(exchange.FAILURE, key, data)

    def _raise(self, data):
        __tracebackhide__ = True
        error, shown = failures.unpack(data)
        if self._failures is None:
            self._failures = failures.Failures()
            self._session.config.pluginmanager.register(self._failures)
        self._failures.raised(error, shown)
        raise error

    def _keep(self, definition, request, key, value):
        """Keeps from pytest what tears it down, and the session with all that it needs."""
        self._values[key] = value
        self._requests[key] = definition, request
        self._kept[key] = definition.cached_result, definition._finalizers
        definition._finalizers = []
        self._given.add(definition)
        state = self._session._setupstate
        if "teardown_exact" not in vars(state):
            state.teardown_exact = _until_session(state.teardown_exact, self._session)


def _until_session(plain, session):
    """Returns what tears down as pytest does, but never the session."""

    class Next:
        """Stands for an item that comes after the last one."""

        @staticmethod
        def listchain():
            return [session]

    def teardown_exact(nextitem):
        __tracebackhide__ = True
        plain(Next if nextitem is None else nextitem)

    return teardown_exact
