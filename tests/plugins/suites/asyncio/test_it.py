import asyncio
import contextvars

import pytest
import pytest_asyncio

NAME = contextvars.ContextVar("name", default="none")


@pytest_asyncio.fixture
async def value():
    await asyncio.sleep(0)
    yield 1
    await asyncio.sleep(0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wide():
    loop = asyncio.get_running_loop()
    yield loop


@pytest.mark.parametrize("n", range(6))
async def test_value(value, n):
    await asyncio.sleep(0.001)
    assert value + n > 0


@pytest.mark.asyncio(loop_scope="module")
async def test_wide(wide):
    assert asyncio.get_running_loop() is wide


async def test_fails(value):
    await asyncio.sleep(0)
    print("before it fails")
    assert value == 2


async def test_gather():
    assert await asyncio.gather(*[asyncio.sleep(0, n) for n in range(3)]) == [0, 1, 2]


class TestClass:
    async def test_method(self, value):
        assert value == 1
