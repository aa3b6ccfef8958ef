"""A web of many sources on loopback, each with a latency of its own; served by a process of its own."""

import asyncio
import sys
from random import Random

from bench.ingest.feeds import collection

SLOWEST = 3.0
"""Seconds that the slowest source takes to answer; the others take 0.05 to 0.6."""


def latencies(count: int) -> list[float]:
    """Seconds, by source."""
    draw = Random(7)
    return [SLOWEST if n == count // 2 else draw.uniform(0.05, 0.6) for n in range(count)]


async def _answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, feeds: list[bytes], waits: list[float]
) -> None:
    request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    path = request.split(" ", 2)[1]
    if path.endswith("/robots.txt"):
        body = b"User-agent: *\nAllow: /\n"
    else:
        number = int(path.strip("/").split(".", 1)[0].removeprefix("s"))
        await asyncio.sleep(waits[number])
        body = feeds[number]
    head = ["HTTP/1.1 200 OK", "Content-Type: application/rss+xml", f"Content-Length: {len(body)}", "Connection: close"]
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    await writer.drain()
    writer.close()


async def main(count: int) -> None:
    """Serve `count` sources as a fetch gateway; prints the port."""
    feeds, waits = collection(count), latencies(count)
    server = await asyncio.start_server(lambda r, w: _answer(r, w, feeds, waits), "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
