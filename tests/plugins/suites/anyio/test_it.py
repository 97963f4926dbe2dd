import anyio
import pytest


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.fixture(scope="module")
async def value(anyio_backend):
    await anyio.sleep(0)
    yield anyio_backend


@pytest.mark.anyio
@pytest.mark.parametrize("n", range(4))
async def test_value(value, n):
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)
    assert value in ("asyncio", "trio")


@pytest.mark.anyio
async def test_fails(value):
    await anyio.sleep(0)
    assert value == "none"
