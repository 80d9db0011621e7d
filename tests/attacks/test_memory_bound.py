# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""computed.memory_bound_bytes of --print-config holds, whatever clients send: all of it at once, from
so many addresses that no client's share is what limits it."""
import contextlib
import functools
import itertools
import time

import pytest

from attacks import by_clients, table
from attacks.memory import Watch
from faults.injection import MemoryGroup, plain_build
from samples import files
from support.clients import curl, request_head
from support.programs import LONG

pytestmark = plain_build
MIB = 1 << 20
ADDRESSES = [f"127.0.1.{number}" for number in range(1, 17)]
SETTINGS = {**table.TIGHT, "limits.max_inflight_bytes": 64 * MIB, "limits.share_per_client": 0.25,
            "gray.max_memory_bytes": 192 * MIB, "scale.max_memory_bytes": 192 * MIB}
HEADER_BYTES = 40_000 # of a connection's 64 KiB; so many no server refuses
PATHS = {"gateway": ["/gray", "/gray?quality=90"],
         "through": ["/scale?scale=1", "/gray", "/gray?scale=0.9"]}


@functools.cache
def large_bodies():
    """As large as they may be, or their answers are, or what a worker needs for them."""
    return [by_clients.LARGE,
            files.encode(files.Image.new("1", (7000, 7000)), "TIFF"), # its result has eight bits
            files.encode(files.image(1200, 1000, "RGBA"), "PNG", compress_level=0),
            files.animation("GIF", 500, 400, 10), files.jpeg(3000, 2500)]


def requests(path, body):
    """The same three times, with a length and in chunks."""
    yield (request_head("POST", path, len(body)) + body) * 3
    yield (request_head("POST", path, None, by_clients.CHUNKED)
           + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)) * 3


def fill(target, paths, stack):
    """What is held: answers, bodies, header sections, from each address."""
    untaken = [data for path, body in itertools.product(paths, large_bodies())
               for data in requests(path, body)]
    head = request_head("POST", target.path, 7 * MIB)
    field = "X: " + "x" * 1000 + "\r\n"
    section = "POST / HTTP/1.1\r\n" + field * (HEADER_BYTES // len(field))
    for count, data in ((60, untaken), (30, [head + by_clients.SMALL + bytes(6 * MIB)]),
                        (180, [section.encode()])):
        stack.enter_context(by_clients.held(target, count, *data, receive_bytes=4096))


def go_on(target, path, stack):
    """What goes on: answers that are taken, slowly or at once, and uploads that end."""
    target.path = path
    for body in large_bodies():
        stack.enter_context(by_clients.asking(target, body, 2))
    stack.enter_context(by_clients.aborted_uploads(target))


@contextlib.contextmanager
def control_group(watches):
    """One that has no more memory than the bounds allow, where this host gives us one; how often the
    kernel's killer came, as a function."""
    try:
        group = MemoryGroup(sum(watch.bound for watch in watches))
    except pytest.skip.Exception:
        yield lambda: 0
        return
    try:
        for watch in watches:
            for pid in (watch.server.pid, *watch.server.workers()):
                group.add(pid)
        yield group.kills
    finally:
        group.close()


@pytest.mark.parametrize("kind", PATHS)
def test_memory_bound(own, kind):
    """By the sum of PSS of each server and its workers; the server's own part of it by what is not
    shared; and by a control group."""
    large_bodies() # while nothing else wants the CPU
    target = table.start_target(own, kind, SETTINGS, greedy=ADDRESSES)
    with contextlib.ExitStack() as stack:
        watches = [stack.enter_context(Watch(server)) for server in target.servers]
        kills = stack.enter_context(control_group(watches))
        fill(target, PATHS[kind], stack)
        go_on(target, PATHS[kind][0], stack)
        time.sleep(60 if LONG else 2)
        for server in target.servers:
            assert curl(server.url("/healthz"), "--interface", table.HONEST).status == 200
        for watch in watches:
            print(f"\n{watch.server.program.name}: {watch.own / MIB:.0f} MiB itself of "
                  f"{watch.own_bound / MIB:.0f}, {watch.highest / MIB:.0f} with its workers of "
                  f"{watch.bound / MIB:.0f}")
            assert watch.is_held()
        assert kills() == 0
