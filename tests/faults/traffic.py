# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Traffic that knows every right answer, and what a system looks like before and after a fault.

Each client thread has images of its own, no two alike in the whole run; an answer is compared
byte for byte with the one that the calm server gave for that very image. An answer that belongs
to somebody else, is late, cut or mixed is a wrong one."""
import collections
import http.client
import json
import threading
import time

from faults import hostile_worker
from samples import files
from support import processes
from support.clients import Client, curl
from support.programs import NOWHERE, sanitizer

RECOVERY_SECONDS = 15 # a tenth of a second, on a machine with nothing else to do
RSS_SLACK_KIB = 24 * 1024 # what an allocator may keep of a storm


def honest_images(clients, each=4):
    """For the real workers: formats and sizes mixed, for each client."""
    def one(number):
        width, height = 120 + 7 * number, 90 + 5 * number
        if number % 4 == 3:
            return files.encode(files.image(width, height, seed=number), "PNG")
        return files.jpeg(width, height, seed=number, progressive=number % 4 == 2)
    return [[one(client * each + index) for index in range(each)] for client in range(clients)]


def command_images(clients, each=4, command="echo", size=3000):
    """For the hostile worker: its answer is the very image."""
    return [[hostile_worker.image(command, f"{client}-{index}", size + client * 97 + index)
             for index in range(each)] for client in range(clients)]


def ask_all(server, path, images):
    """The known-good answers: from the server itself, while nothing is wrong."""
    with Client(server) as client:
        return [[client.image(path, body) for body in own] for own in images]


class Traffic:
    """Clients that ask without pause from `with` to its end."""

    def __init__(self, server, path, images, good, pause=0.0):
        self.server, self.path, self.images, self.good = server, path, images, good
        self.pause = pause
        self.statuses = collections.Counter()
        self.wrong, self.lost, self.seconds = [], [], []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,))
                        for number in range(len(images))]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self.threads), "a client waits for ever"

    def run(self, number):
        client, index = None, 0
        while not self.stopping.is_set():
            client = client or Client(self.server, timeout=30)
            began = time.monotonic()
            try:
                reply = client.post(self.path, self.images[number][index])
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
                client.close()
                client = None
                time.sleep(0.01)
                continue
            self.seconds.append(time.monotonic() - began)
            self.statuses[reply.status] += 1
            if reply.status == 200 and reply.body != self.good[number][index]:
                self.wrong.append((number, index, reply.body[:80]))
            if reply.headers.get("connection") == "close":
                client.close()
                client = None
            index = (index + 1) % len(self.images[number])
            if self.pause:
                time.sleep(self.pause)
        if client:
            client.close()


def pool_state(server):
    """What /readyz says of the workers, ready or not."""
    return json.loads(curl(server.url("/readyz")).body)["workers"]


def is_whole(server):
    """Every worker idle and nothing in flight."""
    try:
        state = pool_state(server)
    except (AssertionError, ValueError):
        return False
    return state["idle"] == state["count"] and state["waiting"] == 0


class Vitals:
    """What must be back where it was: descriptors, threads, children, memory. A gateway keeps a connection to
    its scale server for each of the clients that were served at once."""

    def __init__(self, server, clients=0):
        self.server = server
        self.kept = clients if server.settings.get("scale.upstream", NOWHERE) != NOWHERE else 0
        self.pid = server.pid
        processes.wait_until(lambda: is_whole(server), 30, "whole before the fault")
        self.settle()
        self.before = self.measure()

    def settle(self):
        """Connections of past clients have ended once the count of threads stands still."""
        last, since = processes.thread_count(self.pid), time.monotonic()
        while time.monotonic() - since < 0.15:
            time.sleep(0.02)
            now = processes.thread_count(self.pid)
            if now != last:
                last, since = now, time.monotonic()

    def measure(self):
        return {"descriptors": len(processes.descriptors(self.pid)),
                "threads": processes.thread_count(self.pid),
                "children": len(processes.children(self.pid)),
                "rss": processes.rss_kib(self.pid)}

    def is_back(self):
        now = self.measure()
        return (now["children"] == self.before["children"]
                and now["threads"] <= self.before["threads"]
                and now["descriptors"] <= self.before["descriptors"] + self.kept
                and (now["rss"] <= self.before["rss"] + RSS_SLACK_KIB
                     or sanitizer() != "none")) # which keeps freed memory for a while

    def assert_back(self):
        """Waits for it, as long as a recovery may take. Returns what is so now."""
        end = time.monotonic() + RECOVERY_SECONDS
        while not self.is_back():
            assert time.monotonic() < end, f"before {self.before}, now {self.measure()}"
            time.sleep(0.02)
        queues = processes.linked_queues(self.pid)
        assert queues == [], queues
        return self.measure()


def wait_until_recovered(server, path, images, good):
    """Until the workers are whole and one image of each client is answered."""
    end = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            with Client(server) as client:
                replies = [client.post(path, own[0]) for own in images]
            if (all(reply.status == 200 for reply in replies)
                    and [reply.body for reply in replies] == [own[0] for own in good]):
                break
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < end, f"not whole again: {pool_state(server)}"
        time.sleep(0.01)
    while not is_whole(server):
        assert time.monotonic() < end, f"not whole again: {pool_state(server)}"
        time.sleep(0.01)
