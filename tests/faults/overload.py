# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Offered load of 1, 2, 5 and 10 times the capacity, and what becomes of it. By itself, a table
over real images:

    cd tests && GRISAILLE_BUILD=build /usr/bin/python3 -m faults.overload [SECONDS]
"""
import asyncio
import dataclasses
import os
import pathlib
import sys
import tempfile
import time

from faults import open_loop, traffic
from samples import files, malformed
from support import processes
from support.programs import GATEWAY, Server
from support.watching import Watching

MULTIPLES = (1, 2, 5, 10)
HEADINGS = ("offered", "requests", "200", "goodput/s", "503", "other", "200 p50", "200 p99",
            "503 p99", "503 worst", "healthz p99", "healthz worst", "cheap p99", "cheap worst",
            "late", "PSS MiB")


def cheap_requests():
    """What is refused for what it is, and health; (method, path, body) as Client.request has it."""
    too_large = malformed.huge_headers()["png"]
    return {
        "healthz": ("GET", "/healthz"),
        "type": ("POST", "/", b"this is a text, and no image" * 9),
        "parameter": ("POST", "/?quality=0", files.jpeg(16, 16)),
        "pixels": ("POST", "/", too_large),
        "size": ("POST", "/", b"", {"Content-Length": "99999999", "Expect": "100-continue"}),
    }


# A full queue hides none of them.
EXPECTED = {"healthz": {200}, "type": {415}, "parameter": {400}, "pixels": {422}, "size": {413}}


def pss_bytes(pid):
    """Memory of a process, what it shares counted in parts."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) * 1024 for line in text.splitlines()
                if line.startswith("Pss:"))


class MemoryWatch(Watching):
    """The most that a server and its workers held together."""

    def __init__(self, server, seconds=0.2):
        super().__init__(seconds)
        self.server, self.highest = server, 0

    def look(self):
        pids = [self.server.pid, *processes.children(self.server.pid)]
        self.highest = max(self.highest, sum(map(pss_bytes, pids)))


def memory_bound(server):
    """What --print-config says that this configuration can need at most."""
    return server.configuration()["computed"]["memory_bound_bytes"]


def measure_capacity(server, path, images, good, seconds):
    """Answers a second in a closed loop of four clients."""
    with traffic.Traffic(server, path, [images] * 4, [good] * 4) as load:
        time.sleep(seconds)
        answered = load.statuses[200]
    assert load.wrong == [] and load.lost == [] and set(load.statuses) == {200}
    return answered / seconds


@dataclasses.dataclass
class Level:
    """One rate: every answer, and what the probe saw meanwhile."""
    rate: float
    seconds: float
    answers: list
    probed: list
    late: float
    memory: int

    def of(self, status):
        return sorted(answer.seconds for answer in self.answers if answer.status == status)

    def probe_seconds(self, *names):
        return sorted(seconds for name, _, seconds in self.probed if name in names)

    @property
    def goodput(self):
        return len(self.of(200)) / self.seconds

    def row(self):
        cheap = self.probe_seconds("type", "parameter", "pixels", "size")
        health = self.probe_seconds("healthz")
        other = sum(answer.status not in (200, 503) for answer in self.answers)
        return (f"{self.rate:.0f}/s", str(len(self.answers)), str(len(self.of(200))),
                f"{self.goodput:.0f}", str(len(self.of(503))), str(other),
                ms(self.of(200), 0.5), ms(self.of(200), 0.99), ms(self.of(503), 0.99),
                ms(self.of(503), 1), ms(health, 0.99), ms(health, 1), ms(cheap, 0.99),
                ms(cheap, 1), f"{self.late * 1000:.0f} ms", f"{self.memory / 2**20:.0f}")


def quantile(values, share):
    """Of sorted values; 0 where there are none."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def ms(values, share):
    return f"{quantile(values, share) * 1000:.0f} ms" if values else "-"


def run_level(server, path, images, good, rate, seconds):
    loop = open_loop.OpenLoop(server, path, images, good)
    with MemoryWatch(server) as memory, open_loop.Probe(server, cheap_requests()) as probed:
        began = time.monotonic()
        asyncio.run(loop.run(rate, seconds))
        took = time.monotonic() - began
    return Level(rate, took, loop.answers, probed.seen, loop.late, memory.highest)


def run_all(server, path, images, seconds, multiples=MULTIPLES):
    """Capacity, and a Level for each multiple of it."""
    good = traffic.ask_all(server, path, [images])[0]
    capacity = measure_capacity(server, path, images, good, min(seconds, 5))
    return capacity, [run_level(server, path, images, good, capacity * multiple, seconds)
                      for multiple in multiples]


def table(levels):
    rows = [HEADINGS, *(level.row() for level in levels)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return ["  ".join(map(str.rjust, row, widths)) for row in rows]


def ordinary_images():
    """Photographs as phones send them to a thumbnail service: 100 to 300 KB."""
    return [files.encode(files.decode(path.read_bytes()).convert("RGB").resize((1400, 1050)),
                         "JPEG", quality=quality)
            for path, quality in zip(files.photographs()[:8], (75, 80, 85, 88) * 2)]


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        server = Server(GATEWAY, folder, {"scale.upstream": "http://127.0.0.1:1",
                                          "log.level": "warning"})
        server.start()
        try:
            images = ordinary_images()
            capacity, levels = run_all(server, "/gray?quality=80", images, seconds)
            print(f"capacity {capacity:.0f}/s of {sum(map(len, images)) / 8000:.0f} KB, "
                  f"{os.cpu_count()} CPUs shared with the client, "
                  f"memory bound {memory_bound(server) / 2**20:.0f} MiB")
            print("\n".join(table(levels)))
            print(f"goodput at 10x / 1x: {levels[-1].goodput / levels[0].goodput:.2f}")
        finally:
            server.stop()


if __name__ == "__main__":
    main()
