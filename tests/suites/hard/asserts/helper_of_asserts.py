"""A plain module: its assertions are not rewritten."""


class Money:
    def __init__(self, cents):
        self.cents = cents

    def __eq__(self, other):
        return isinstance(other, Money) and self.cents == other.cents

    __hash__ = None

    def __repr__(self):
        return "<%d cents>" % self.cents


def check(left, right):
    assert left == right
