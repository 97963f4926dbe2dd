"""Objects that the garbage collector leaves alone, so that processes share their memory.

For a suite that asks the collector they must not be different from others: what is frozen holds
what it refers to for ever, and `gc.get_objects` passes it over. So the first such question ends
it, and costs memory from then on. `gc.get_referrers` passes it over, too, but must stay what it is:
a function in Python between it and who asks would make the frame of that one a referrer.
"""

import functools
import gc
import sys

_collect = gc.collect
_QUESTIONS = ("collect", "get_objects")


def freeze():
    """Freezes what is there, but for garbage: that would stay for ever."""
    _collect()
    freeze_all()


def freeze_all():
    """Freezes what is there."""
    if hasattr(gc, "freeze"):  # not in PyPy, whose collector moves objects anyway
        gc.freeze()


def answer_questions():
    """Lets the suite's questions be about all objects."""
    if not hasattr(gc, "freeze"):
        return
    for name in _QUESTIONS:
        setattr(gc, name, _about_all(getattr(gc, name)))


def _about_all(plain):
    @functools.wraps(plain)
    def question(*args, **options):
        __tracebackhide__ = True
        # pytest collects at its end, for warnings of what is left.
        if not sys._getframe(1).f_globals.get("__name__", "").startswith("_pytest."):
            gc.unfreeze()
        return plain(*args, **options)

    return question
