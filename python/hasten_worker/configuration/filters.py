"""Expressions of ``-k`` and ``-m`` in settings, evaluated as pytest does."""

from _pytest.mark import KeywordMatcher, MarkMatcher
from _pytest.mark.expression import Expression


def select(items, filters):
    """Returns the indexes that each filter selects, and what is wrong with the first bad one."""
    selected = []
    for number, (kind, text) in enumerate(filters):
        try:
            expression = Expression.compile(text)
            matcher = KeywordMatcher.from_item if kind == "k" else _marks_of
            selected.append(
                [i for i, each in enumerate(items) if expression.evaluate(matcher(each))]
            )
        except Exception as error:
            return [], (number, str(error))
    return selected, None


def _marks_of(item):
    if hasattr(MarkMatcher, "from_markers"):
        return MarkMatcher.from_markers(item.iter_markers())
    return MarkMatcher.from_item(item)
