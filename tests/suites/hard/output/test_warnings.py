"""Warnings in collection, set-up, call and teardown."""

import sys
import threading
import warnings
import weakref

import pytest

warnings.warn("in the collection", DeprecationWarning, stacklevel=1)
warnings.warn("in the collection", RuntimeWarning, stacklevel=1)


class OwnWarning(UserWarning):
    def __init__(self, text, extra):
        super().__init__(text)
        self.extra = extra


@pytest.fixture
def warns():
    warnings.warn("in the set-up", UserWarning, stacklevel=1)
    yield
    warnings.warn("in the teardown", PendingDeprecationWarning, stacklevel=1)


def test_all_phases(warns):
    warnings.warn("in the call", FutureWarning, stacklevel=1)


def test_all_phases_and_fails(warns):
    warnings.warn("in the call", FutureWarning, stacklevel=1)
    assert 1 == 2


def same_place():
    warnings.warn("the same place", UserWarning, stacklevel=1)


@pytest.mark.parametrize("turn", range(3))
def test_same_place(turn):
    same_place()


def test_twice_in_one_test():
    for _ in range(2):
        same_place()


def test_category_that_cannot_be_made_from_its_text():
    warnings.warn(OwnWarning("own", object()), stacklevel=1)


def test_local_category():
    class Local(Warning):
        pass

    warnings.warn("local", Local, stacklevel=1)


def test_message_with_everything():
    warnings.warn("ünïcödé, a new\nline, \ud800 and \0", UserWarning, stacklevel=1)


def test_explicit_place():
    warnings.warn_explicit("explicit", UserWarning, "no_such_file.py", 42)


def test_ignored_by_ini():
    warnings.warn("ignored by the ini file", UserWarning, stacklevel=1)


def test_error_by_ini():
    warnings.warn("an error by the ini file", UserWarning, stacklevel=1)


@pytest.mark.filterwarnings("error")
def test_error_by_mark():
    warnings.warn("an error by a mark", UserWarning, stacklevel=1)


@pytest.mark.filterwarnings("ignore:ignored by a mark")
def test_ignored_by_mark():
    warnings.warn("ignored by a mark", UserWarning, stacklevel=1)


def test_warns():
    with pytest.warns(UserWarning, match="expected"):
        warnings.warn("expected", UserWarning, stacklevel=1)


def test_warns_nothing():
    with pytest.warns(UserWarning):
        pass


def test_warns_another():
    with pytest.warns(UserWarning, match="expected"):
        warnings.warn("another", UserWarning, stacklevel=1)


def test_deprecated_call():
    with pytest.deprecated_call():
        warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_recwarn(recwarn):
    warnings.warn("one", UserWarning, stacklevel=1)
    warnings.warn("two", DeprecationWarning, stacklevel=1)
    assert [str(warning.message) for warning in recwarn] == ["one", "two"]


def test_filters_are_back():
    warnings.simplefilter("error")


class Raises:
    def __repr__(self):
        return "<a callback that raises>"

    def __call__(self, reference):
        raise ValueError("nobody can catch this")


class Target:
    pass


def test_unraisable():
    target = Target()
    reference = weakref.ref(target, Raises())
    del target
    assert reference() is None


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_unraisable_is_an_error():
    target = Target()
    reference = weakref.ref(target, Raises())
    del target
    assert reference() is None


def raises():
    raise ValueError("in a thread")


def test_thread():
    thread = threading.Thread(target=raises, name="a thread that raises")
    thread.start()
    thread.join()


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_thread_is_an_error():
    thread = threading.Thread(target=raises, name="a thread that raises")
    thread.start()
    thread.join()


def test_hooks_are_those_of_pytest():
    assert sys.unraisablehook is not sys.__unraisablehook__
    assert threading.excepthook is not threading.__excepthook__
