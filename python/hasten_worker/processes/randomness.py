"""Keeps ``random.seed()`` of a conftest alive in forked processes.

``random`` takes a new seed in every forked child. That is right as long as nobody chose the
seed: workers must not draw the same "unique" names and ports. But where a conftest calls
``random.seed(0)``, each test must find what it finds under plain pytest.
"""

import sys

# Words of the generator are made 624 at a time. 64 rounds are 40,000 numbers drawn while
# conftest files and test modules were imported, and take a millisecond to reckon.
_ROUNDS = 64
_ROUND_BITS = 624 * 32


class RandomState:
    """The state of ``random`` at a fork."""

    _at_start = None  # of this process
    _chosen = False  # the seed was chosen in a process that this one was forked from

    def __init__(self, state):
        self._state = state

    @classmethod
    def current(cls):
        """Returns what a child must restore: nothing, unless somebody chose a seed."""
        random = sys.modules.get("random")
        if random is None:
            return cls(None)
        now = random.getstate()
        chosen = cls._chosen or (cls._at_start and _was_seeded(random, cls._at_start, now))
        return cls(now if chosen else None)

    @classmethod
    def remember(cls):
        """Notes the state that this process starts with."""
        random = sys.modules.get("random")
        cls._at_start = random.getstate() if random is not None else None

    def restore(self):
        """In the child: makes ``random`` go on from the state at the fork."""
        if self._state is not None:
            sys.modules["random"].setstate(self._state)
            RandomState._chosen = True
        else:
            RandomState.remember()


def _was_seeded(random, start, now):
    """Whether ``now`` cannot be reached from ``start`` by drawing numbers."""
    if start[1][:-1] == now[1][:-1]:
        return False
    generator = random.Random()
    generator.setstate(start)
    for _ in range(_ROUNDS):
        generator.getrandbits(_ROUND_BITS)
        if generator.getstate()[1][:-1] == now[1][:-1]:
            return False
    return True
