# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""One measurement: a closed loop of wrk against one contestant, or a counted number of requests and
what they cost."""
import concurrent.futures
import contextlib
import dataclasses
import http.client
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

from contestants import cpu_seconds, pss_mib

LEAST, LONGEST_S = 20, 10 # answers for a rate, and when to do with fewer
LUA = pathlib.Path(__file__).with_name("load.lua")


@dataclasses.dataclass
class Sample:
    requests: int # answered with 200
    per_second: float # of these
    p50_ms: float
    p99_ms: float
    pss_mib: float # the peak of all processes together, where it was watched
    errors: int # refused or broken off


class PssWatch:
    """Samples the memory of a contestant while it is under load. The more memory there is, the more
    time that takes from it."""

    def __init__(self, contestant):
        self.contestant, self.peak, self.stop = contestant, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stop.wait(0.3):
            self.peak = max(self.peak, pss_mib(self.contestant.pids()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def wrk(contestant, operation, paths, connections, seconds):
    """Runs it; the numbers that load.lua prints."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requests:
        for path in paths:
            print(*contestant.target(operation, path), path, file=requests)
        requests.flush()
        text = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "300s", "-s", LUA,
             f"http://127.0.0.1:{contestant.port}/"], check=True, capture_output=True, text=True,
            env={**os.environ, "GRISAILLE_REQUESTS": requests.name,
                 "GRISAILLE_CONNECTIONS": str(connections)}).stdout
    return map(float, re.search(r"RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+) ([\d.]+)",
                                text).groups())


def load(contestant, operation, paths, connections, seconds, watch_memory=False):
    """A closed loop of `connections` for `seconds`, the images in turn; a Sample. What it costs
    is exact()'s to say: at the end of the time there is work under way that nobody counts. Where
    few are answered that would distort the rate, too: then all is done again, for longer."""
    with PssWatch(contestant) if watch_memory else contextlib.nullcontext() as watch:
        count, refused, broken, duration, p50, p99 = wrk(contestant, operation, paths, connections,
                                                         seconds)
    wait_until_quiet(contestant)
    good = int(count - refused) # a refusal is quick, and no work done
    if good < LEAST and not refused + broken and seconds < LONGEST_S:
        return load(contestant, operation, paths, connections, LONGEST_S, watch_memory)
    return Sample(good, good / duration, p50, p99, watch.peak if watch else 0.0,
                  int(refused + broken))


def ask(contestant, operation, paths, times):
    """Each image so often on one connection; the last answers."""
    connection = http.client.HTTPConnection("127.0.0.1", contestant.port, timeout=300)
    bodies = {path: pathlib.Path(path).read_bytes() for path in paths}
    answers = {}
    for _ in range(times):
        for path, body in bodies.items():
            method, target = contestant.target(operation, path)
            connection.request(method, target, body if method == "POST" else None)
            response = connection.getresponse()
            answers[path] = response.read()
            if response.status != 200:
                raise RuntimeError(f"{contestant.name} answers {operation} of {path} with "
                                   f"{response.status}: {answers[path][:200]}")
    connection.close()
    return answers


def exact(contestant, operation, paths, seconds=0.3):
    """CPU milliseconds for one of these images, over as many rounds of them as take about
    `seconds`, on two connections; and the answers."""
    began = time.monotonic()
    answers = ask(contestant, operation, paths, 1)
    times = max(1, round(seconds / (time.monotonic() - began)))
    wait_until_quiet(contestant)
    before = cpu_seconds(contestant.pids())
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        for asked in [threads.submit(ask, contestant, operation, paths, times) for _ in range(2)]:
            asked.result()
    wait_until_quiet(contestant)
    spent = cpu_seconds(contestant.pids()) - before
    return spent / (2 * times * len(paths)) * 1000, answers


def wait_until_quiet(contestant, limit=5):
    """Until the work that a load left behind is done."""
    end, last = time.monotonic() + limit, -1.0
    while time.monotonic() < end:
        now = cpu_seconds(contestant.pids())
        if now - last < 0.005:
            return
        last = now
        time.sleep(0.03)
