"""Coroutines without a plugin that could run them."""


async def test_coroutine():
    raise AssertionError("never runs")


async def test_generator():
    yield 1


class TestAsync:
    async def test_method(self):
        raise AssertionError("never runs")
