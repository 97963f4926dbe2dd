"""What plugins hand from one side to the other: ``workerinput`` and ``workeroutput``, as text.

pytest-xdist sends values of built-in types only, and ends the run for any other. Here whatever can
be pickled goes as it is: both sides are the same interpreter.
"""

import base64

# pickle is imported where it is needed: a test finds what is imported as pytest leaves it.


def to_text(values):
    """Returns a dict as text; what cannot be pickled goes as its ``repr``."""
    import pickle

    try:
        data = pickle.dumps(values)
    except Exception:
        data = pickle.dumps({key: _or_repr(value) for key, value in values.items()})
    return base64.b64encode(data).decode("ascii")


def from_text(text):
    """Returns the dict again."""
    import pickle

    return pickle.loads(base64.b64decode(text))


def _or_repr(value):
    import pickle

    try:
        pickle.loads(pickle.dumps(value))
    except Exception:
        return repr(value)
    return value
