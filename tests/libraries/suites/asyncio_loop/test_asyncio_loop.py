import asyncio

import pytest

loop = asyncio.new_event_loop()


@pytest.mark.parametrize("number", range(8))
def test_it_runs(number):
    async def answer():
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"%d\n" % number)
        line = await reader.readline()
        writer.close()
        return line

    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()

    server = loop.run_until_complete(asyncio.start_server(echo, "127.0.0.1", 0))
    assert loop.run_until_complete(answer()) == b"%d\n" % number
    server.close()
