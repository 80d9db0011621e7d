# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""An open-loop client: requests begin when the clock says so, whether or not earlier ones have been
answered, as those of independent users do. A closed loop would slow down with the server and hide
what overload does."""
import asyncio
import dataclasses
import itertools
import multiprocessing
import time

from support.clients import Client, request_head

# Every user has an address; the limit of connections for one address is not what is tested here.
ADDRESSES = [f"127.0.1.{number}" for number in range(1, 9)]


@dataclasses.dataclass
class Answer:
    status: int # 0: the connection was closed unanswered
    seconds: float
    retry_after: bool
    right: bool # byte for byte the known-good one; of a 200


class OpenLoop:
    """Requests at a rate, over connections that are kept as long as the server keeps them."""

    def __init__(self, server, path, images, good):
        self.server, self.good = server, good
        self.requests = [request_head("POST", path, len(body)) + body for body in images]
        self.addresses = itertools.cycle(ADDRESSES)
        self.idle, self.answers, self.late = [], [], 0.0

    async def connect(self):
        return await asyncio.open_connection(self.server.host, self.server.port, limit=1 << 20,
                                             local_addr=(next(self.addresses), 0))

    async def exchange(self, index):
        reader, writer = self.idle.pop() if self.idle else await self.connect()
        writer.write(self.requests[index])
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection") == "close":
            writer.close()
        else:
            self.idle.append((reader, writer))
        return int(lines[0].split()[1]), "retry-after" in fields, body

    async def ask(self, index):
        began = time.monotonic()
        try:
            status, retry_after, body = await self.exchange(index)
        except (OSError, asyncio.IncompleteReadError):
            status, retry_after, body = 0, False, b""
        self.answers.append(Answer(status, time.monotonic() - began, retry_after,
                                   body == self.good[index]))

    async def run(self, rate, seconds):
        """So many requests a second; returns once each is answered."""
        began, tasks = time.monotonic(), set()
        for number in range(int(rate * seconds)):
            due = began + number / rate
            now = time.monotonic()
            if due > now:
                await asyncio.sleep(due - now)
            elif number % 16 == 0:
                await asyncio.sleep(0) # late: the answers want to be read nevertheless
            self.late = max(self.late, now - due)
            task = asyncio.ensure_future(self.ask(number % len(self.requests)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        offered = time.monotonic() - began
        while tasks:
            await asyncio.wait(tasks)
        for _, writer in self.idle:
            writer.close()
        return offered


def probe(server, requests, pause, pipe):
    """In a process of its own: asks in turn, each on a fresh connection, and sends back
    [(name, status, seconds)] at the end."""
    seen = []
    names = itertools.cycle(requests)
    while not pipe.poll(pause):
        name = next(names)
        began = time.monotonic()
        try:
            with Client(server, timeout=5) as client:
                status = client.request(*requests[name]).status
        except OSError:
            status = 0
        seen.append((name, status, time.monotonic() - began))
    pipe.send(seen)


class Probe:
    """Asks for small things all the while, and measures how long each took."""

    def __init__(self, server, requests, pause=0.02):
        self.ours, theirs = multiprocessing.Pipe()
        address = dataclasses.make_dataclass("Address", ["host", "port"])(server.host, server.port)
        self.process = multiprocessing.get_context("fork").Process(
            target=probe, args=(address, requests, pause, theirs), daemon=True)
        self.seen = []

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.ours.send("end")
        self.seen = self.ours.recv() if self.ours.poll(15) else []
        self.process.join(5)
