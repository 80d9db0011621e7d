# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Images made to hurt: each ends in its 422, its 504 or an honest 200, within the deadline and the
memory limit, and other clients do not notice."""
import functools
import re
import statistics
import time

import pytest

from faults import traffic
from samples import bombs
from support import processes
from support.clients import Client
from support.programs import LONG, sanitizer
from support.watching import Watching, note_row

DEADLINE_MS = 10000 if LONG else 6000
SLACK_SECONDS = 15 # of a busy machine, on top of the deadline
MEMORY_BYTES = 2 << 30 if LONG else 1 << 30
REGION_BYTES = (32 + 64) << 20

pytestmark = pytest.mark.skipif(sanitizer() != "none", reason="instrumented code has other costs")


@functools.cache
def bomb(name):
    return bombs.ALL[name][0]()


def peak_kib(pid):
    """The most memory the process ever had; 0 where it is gone."""
    found = re.search(r"(\d+)", processes.status(pid).get("VmHWM", "0"))
    return int(found[1])


class Peaks(Watching):
    """Watches every worker's peak, also of those that die."""

    def __init__(self, *servers):
        super().__init__(0.05)
        self.servers, self.highest = servers, 0

    def look(self):
        for server in self.servers:
            for pid in server.workers():
                self.highest = max(self.highest, peak_kib(pid))


@pytest.fixture(scope="module")
def system(fleet):
    """Both servers with a short deadline and a gibibyte for each worker."""
    limits = {"limits__deadline_ms": DEADLINE_MS}
    scale = fleet.scale(scale__max_memory_bytes=MEMORY_BYTES, scale__workers=2, **limits)
    gateway = fleet.gateway(scale, gray__max_memory_bytes=MEMORY_BYTES, gray__workers=2, **limits)
    return scale, gateway


@pytest.mark.parametrize("path", ["/gray", "/scale?scale=0.5"])
@pytest.mark.parametrize("name", bombs.ALL)
def test_bomb(request, system, name, path):
    """One bomb, beside two clients with ordinary images."""
    scale, gateway = system
    server = scale if path.startswith("/scale") else gateway
    body, allowed = bomb(name), bombs.ALL[name][1]
    assert len(body) <= 32 << 20, "small, it should be"
    images = traffic.honest_images(2)
    good = traffic.ask_all(server, path, images)
    with Peaks(server) as peaks, traffic.Traffic(server, path, images, good, 0.01) as others:
        with Client(server) as client:
            began = time.monotonic()
            reply = client.post(path, body)
            seconds = time.monotonic() - began
            time.sleep(0.06)
            assert client.post(path, images[0][0]).body == good[0][0]
    longest = max(others.seconds)
    note_row(request, "faults", (
        f"{name} {path}", f"{len(body) / 1e6:.2f} MB", f"{reply.status} {seconds:.2f} s",
        str(len(others.wrong)), str(len(others.lost)), f"others {longest:.2f} s",
        f"peak {peaks.highest}", "", "", ""))
    assert reply.status in allowed, f"{reply.status} {reply.body[:300]}"
    assert seconds < DEADLINE_MS / 1000 + SLACK_SECONDS
    assert peaks.highest * 1024 <= MEMORY_BYTES + REGION_BYTES
    assert others.wrong == [] and others.lost == [] and set(others.statuses) == {200}
    assert longest < SLACK_SECONDS, longest
    assert statistics.median(others.seconds) < DEADLINE_MS / 1000 / 5 # a fiftieth, in peace
    assert server.running()
