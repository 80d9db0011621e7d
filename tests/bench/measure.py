# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""One measurement: a closed loop of wrk against one contestant, its answers and their cost."""
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

LUA = pathlib.Path(__file__).with_name("load.lua")


@dataclasses.dataclass
class Sample:
    requests: int # answered with 200
    per_second: float # of these
    p50_ms: float
    p99_ms: float
    cpu_ms: float # of all processes of the contestant, for one request
    pss_mib: float # the peak, all processes together
    errors: int # refused or broken off


class PssWatch:
    """Samples the memory of a contestant while it is under load."""

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


def load(contestant, operation, pictures, connections=2, seconds=1, watch_memory=False):
    """Runs wrk with `connections` for `seconds`; a Sample."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requests:
        for picture in pictures:
            method, target = contestant.target(operation, picture)
            print(method, target, picture, file=requests)
        requests.flush()
        pids = contestant.pids()
        before = cpu_seconds(pids)
        watch = PssWatch(contestant) if watch_memory else None
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s",
                   LUA, f"http://127.0.0.1:{contestant.port}/"]
        environment = {**os.environ, "GRISAILLE_REQUESTS": requests.name}
        if watch:
            with watch:
                text = subprocess.run(command, env=environment, check=True, capture_output=True,
                                      text=True).stdout
        else:
            text = subprocess.run(command, env=environment, check=True, capture_output=True,
                                  text=True).stdout
    wait_until_quiet(contestant)
    used = cpu_seconds(contestant.pids()) - before
    count, refused, broken, duration, p50, p99 = map(float, re.search(
        r"RESULT (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+) ([\d.]+)", text).groups())
    good = int(count - refused) # a refusal is quick, and no work done
    # What wrk had asked for when its time was up is worked on, but not counted: for long jobs this
    # is inexact, and exact() is the one to quote.
    return Sample(good, good / duration, p50, p99, used / max(1, good + connections) * 1000,
                  watch.peak if watch else 0.0, int(refused + broken))


def ask(contestant, operation, picture, body, times):
    """So many requests on one connection; the last answer."""
    connection = http.client.HTTPConnection("127.0.0.1", contestant.port, timeout=120)
    method, target = contestant.target(operation, picture)
    for _ in range(times):
        connection.request(method, target, body if method == "POST" else None)
        response = connection.getresponse()
        data = response.read()
        assert response.status == 200, (contestant.name, operation, picture, response.status)
    connection.close()
    return data


def exact(contestant, operation, picture, seconds=0.4):
    """CPU milliseconds of one picture, over as many as take about `seconds`, on two connections;
    and the answer."""
    body = pathlib.Path(picture).read_bytes()
    began = time.monotonic()
    data = ask(contestant, operation, picture, body, 1)
    times = max(1, round(seconds / (time.monotonic() - began)))
    wait_until_quiet(contestant)
    before = cpu_seconds(contestant.pids())
    threads = [threading.Thread(target=ask, args=(contestant, operation, picture, body, times))
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until_quiet(contestant)
    return (cpu_seconds(contestant.pids()) - before) / (2 * times) * 1000, data


def wait_until_quiet(contestant, limit=5):
    """Until the work that wrk left behind is done."""
    end, last = time.monotonic() + limit, -1.0
    while time.monotonic() < end:
        now = cpu_seconds(contestant.pids())
        if now - last < 0.005:
            return
        last = now
        time.sleep(0.03)
