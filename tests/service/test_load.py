# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What the system must stand: 64 clients at once with photographs, each with images of its own,
each answer compared byte for byte with the known-good one; undisturbed, and while workers are
killed. Some seconds in ./check; GRISAILLE_LONG=1 makes it the full minute."""
import collections
import io
import itertools
import os
import pathlib
import random
import signal
import threading
import time

import pytest
from PIL import Image

from support import processes
from support.clients import Client
from support.programs import LONG, sanitizer

SECONDS = 60 if LONG else 6
CLIENTS = 64 if sanitizer() == "none" else 16
KILL_EVERY_S = 0.2 if sanitizer() == "none" else 0.8 # a job that meets two kills is refused; it is slower there
PATHS = ("/", "/gray?scale=0.25", "/scale?scale=0.5", "/scale?scale=0.3")
PHOTOGRAPHS = sorted(pathlib.Path("/usr/share/backgrounds").glob("*_by_*.jpg"))


def crops(count):
    """Pieces of photographs, no two alike: JPEGs of 100,000 to 2,000,000 pixels."""
    chance = random.Random(5)
    photographs = [Image.open(path).convert("RGB") for path in PHOTOGRAPHS[:6]]
    for number in range(count):
        source = photographs[number % len(photographs)]
        width, height = chance.randrange(400, 1600), chance.randrange(250, 1000)
        left = chance.randrange(source.width - width)
        top = chance.randrange(source.height - height)
        piece = source.crop((left, top, left + width, top + height))
        data = io.BytesIO()
        piece.save(data, "JPEG", quality=chance.randrange(60, 95), progressive=number % 3 == 0)
        yield data.getvalue()


@pytest.fixture(scope="module")
def work(fleet):
    """An image for each client, some of them whole photographs, with its known-good answers."""
    images = [path.read_bytes() for path in PHOTOGRAPHS[: CLIENTS // 8]]
    images += crops(CLIENTS - len(images))
    scale = fleet.scale(limits__deadline_ms=30000) # a sanitizer on a busy machine
    calm = fleet.gateway(scale, limits__deadline_ms=30000)
    with Client(calm) as client:
        good = [{path: client.image(path, image) for path in PATHS} for image in images]
    assert len({answers["/"] for answers in good}) == len(images)
    yield list(zip(images, good))
    fleet.end([scale, calm])


class Crowd:
    """One thread a client; each sends its image along each path again and again."""

    def __init__(self, server, work):
        self.server, self.stop = server, threading.Event()
        self.statuses, self.wrong = collections.Counter(), []
        self.rounds = 0 # clients that have been along every path
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=job) for job in work]

    def run(self, image, good):
        with Client(self.server) as client:
            for number, path in enumerate(itertools.cycle(PATHS)):
                if self.stop.is_set():
                    return
                reply = client.post(path, image)
                with self.lock:
                    self.statuses[reply.status] += 1
                    self.rounds += number == len(PATHS) - 1
                    if reply.status == 200 and reply.body != good[path]:
                        self.wrong.append(path)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def assert_all_right(self):
        print(f"\n{sum(self.statuses.values())} answers: {dict(self.statuses)}")
        assert self.wrong == []
        assert set(self.statuses) == {200}


def at_rest(server):
    """Threads, descriptors, children and memory of a server, once its connections are gone."""
    def footprint():
        status = processes.status(server.pid)
        return (int(status["Threads"]), len(os.listdir(f"/proc/{server.pid}/fd")),
                len(server.workers()))

    processes.wait_until(lambda: footprint()[2] == 2, 30, "two workers")
    last, end = footprint(), time.monotonic() + 10
    while time.monotonic() < end: # connections close one after the other; memory goes back later
        time.sleep(4.5)
        now = footprint()
        if now == last:
            break
        last = now
    return last, int(processes.status(server.pid)["VmRSS"].split()[0])


@pytest.mark.threads
def test_64_clients(own, work):
    """Every answer is 200 and right, and afterwards nothing has grown."""
    scale = own.scale(limits__deadline_ms=60000, scale__queue_wait_ms=60000)
    server = own.gateway(scale, limits__deadline_ms=60000, gray__queue_wait_ms=60000)
    with Crowd(server, work) as crowd: # all of it once, so that what stays is there
        processes.wait_until(lambda: crowd.rounds == len(work), 300, "every client's first round")
    before, rss_before = at_rest(server)
    with Crowd(server, work) as crowd:
        time.sleep(SECONDS)
    crowd.assert_all_right()
    after, rss_after = at_rest(server)
    print(f"threads, descriptors, children {before} -> {after}; RSS {rss_before} -> {rss_after} kB")
    assert after[0] <= before[0] and after[1] <= before[1] + 8 # idle connections to the upstream
    if sanitizer() == "none":
        assert rss_after < rss_before + 8000


def test_workers_killed_all_the_while(own, work):
    """kill -9 of a gray child or a scale worker every KILL_EVERY_S: still every answer 200 and right."""
    scale = own.scale(limits__deadline_ms=60000, scale__queue_wait_ms=60000)
    server = own.gateway(scale, limits__deadline_ms=60000, gray__queue_wait_ms=60000)
    chance, kills = random.Random(6), 0
    with Crowd(server, work) as crowd:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(KILL_EVERY_S)
            victims = chance.choice((server, scale)).workers()
            if victims:
                try:
                    os.kill(chance.choice(victims), signal.SIGKILL)
                    kills += 1
                except ProcessLookupError:
                    pass
    print(f"\n{kills} workers killed")
    assert kills >= SECONDS / KILL_EVERY_S / 3
    crowd.assert_all_right()
    assert at_rest(server)[0][2] == 2 and at_rest(scale)[0][2] == 2


def test_gateway_killed(own, work):
    """kill -9 of the gateway under load: no child, queue or shared memory soon after."""
    names = processes.named_ipc()
    server = own.system()
    workers = server.workers()
    with Client(server) as client:
        thread = threading.Thread(target=lambda: pytest.raises(Exception, client.post, "/",
                                                               work[0][0]))
        thread.start()
        time.sleep(0.01)
        server.kill()
        thread.join()
    processes.wait_until(lambda: not any(map(processes.is_alive, workers)), 10, "workers gone")
    processes.wait_until(lambda: not processes.named_ipc() - names, 20, "names left behind")
