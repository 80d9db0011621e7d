# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What a worker that was taken over can do, by commands in an "image" (tests/hostile_worker/commands.h): as
by_clients.py, but by whoever can take over a worker whenever it likes."""
import contextlib
import http.client
import itertools
import threading
import time

from attacks.by_clients import again_and_again
from faults import hostile_worker
from support.clients import Client
from support.processes import wait_until

PAUSE_SECONDS, FOUND_SECONDS = 0.05, 5
LOG_ACTS = ("erase", "truncate", "sparse", "pwrite", "fallocate", "map", "forge", "close")


def commanding(target, *texts):
    """One command after the other."""
    numbers, found = itertools.count(), itertools.cycle(texts)

    def command():
        target.requests += 1
        with contextlib.suppress(OSError, http.client.HTTPException):
            with Client(target.server, 10, next(target.greedy)) as client:
                client.post(target.path, hostile_worker.image(next(found), next(numbers), 200))
        time.sleep(PAUSE_SECONDS)
    return again_and_again(1, command)


def vandals(target):
    """Erases the log, makes it 8 TB long, writes lines of others."""
    return commanding(target, *(f"log {act}" for act in LOG_ACTS))


def flood(target):
    """Fills the log."""
    return commanding(target, "flood 200")


def spinning_threads(target):
    return commanding(target, "crowd 300 spin")


def resting_threads(target):
    return commanding(target, "crowd 4000 rest")


def one_at_a_time(target, command):
    """Takes over a worker; the next one once the server has replaced it. Where all workers are taken
    over there is none for others, which no server can help."""
    numbers, end = itertools.count(), threading.Event()

    def take_over():
        before, since = target.server.workers(), time.monotonic()
        target.requests += 1
        with Client(target.server, 10, next(target.greedy)) as client:
            client.post(target.path, hostile_worker.image(command, next(numbers), 200))
        while (target.server.workers() == before and not end.is_set()
               and time.monotonic() < since + FOUND_SECONDS):
            time.sleep(PAUSE_SECONDS)
        wait_until(lambda: len(target.server.workers()) == len(before) or end.is_set(), 30, "whole")
    return again_and_again(1, take_over, end.set)


def hanging(target):
    """Answers as it should and does not come back."""
    return one_at_a_time(target, "lie hang")


def wrong_format(target):
    """From then on each of its answers is no image."""
    return one_at_a_time(target, "turn")
