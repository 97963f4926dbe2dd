"""What a suite asks the garbage collector, whose objects are frozen for forks."""

import gc

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(gc, "freeze"), reason="PyPy's collector has nothing to freeze"
)

HELPER = """
    import gc, weakref
    class Thing: pass
    kept = Thing()
    holder = {"kept": kept}
    ring = Thing()
    ring.me = ring
    ring.more = Thing()
    collect = gc.collect
"""

TESTS = """
    import gc, weakref, helper
    from helper import Thing, collect
    def test_referrers():
        thing = Thing()
        own = [thing]
        assert sum(each is own for each in gc.get_referrers(thing)) == 1
        assert not any(type(each) is tuple for each in gc.get_referrers(thing))
    def test_referrers_are_asked_for_without_a_frame_between():
        assert type(gc.get_referrers) is type(len)
    def test_objects():
        assert any(each is helper.holder for each in gc.get_objects())
    def test_garbage():
        # A part of what was there before the fork becomes garbage, together with something new.
        new = weakref.ref(helper.ring.__dict__.setdefault("new", Thing()))
        helper.ring = None
        assert new() is not None
        assert collect() > 0
        assert new() is None
    def test_wrong():
        try: gc.collect(7)
        except ValueError as error: assert "generation" in str(error)
    def test_names():
        assert gc.collect.__name__ == "collect"
        assert gc.collect(0) >= 0 and gc.collect(generation=1) >= 0
"""


@pytest.mark.parametrize("workers", ["0", "1", "2"])
@pytest.mark.parametrize("place", ["conftest", "test file"])
def test_questions_are_about_all_objects(suite, workers, place):
    conftest = "import helper" if place == "conftest" else ""
    suite.write(conftest=conftest, helper=HELPER, test_a=TESTS)
    plain = suite.plain()
    assert plain.exitstatus == 0, plain.out
    run = suite.run("-n", workers)
    assert run.exitstatus == 0, run.out
