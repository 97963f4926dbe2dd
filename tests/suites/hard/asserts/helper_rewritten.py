"""A module whose assertions are rewritten on request."""


def check(left, right):
    values = [left]
    assert values == [right]
