"""The conftest file called random.seed(0), so whatever a test draws is somewhere in that sequence."""

import random

import pytest

SEQUENCE = random.Random(0)
KNOWN = {SEQUENCE.random() for _ in range(1000)}


@pytest.mark.parametrize("turn", range(4))
def test_drawn_from_the_seed_of_the_conftest(turn):
    assert random.random() in KNOWN
