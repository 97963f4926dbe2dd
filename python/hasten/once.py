"""Session fixtures that are set up once for the whole run."""


def once(fixture):
    """Lets a session fixture be set up once for the whole run, not once in each worker.

    Above or below ``@pytest.fixture``. The value has to be one that `pickle` can copy: each worker
    gets a copy of its own. Without workers, and under plain pytest, nothing is different.
    """
    _function_of(fixture).__hasten_once__ = True
    return fixture


def _function_of(fixture):
    """Returns the function that pytest calls for the value."""
    if isinstance(fixture, (classmethod, staticmethod)):
        return _function_of(fixture.__func__)
    unwrap = getattr(fixture, "_get_wrapped_function", None)  # since pytest 8.4
    if unwrap is not None:
        return unwrap()
    wrapped = getattr(fixture, "__pytest_wrapped__", None)  # before
    return fixture if wrapped is None else wrapped.obj
