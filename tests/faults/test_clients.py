# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Clients that vanish: while they send, while they wait, while they read. Whatever they held is
free again, and nobody else notices."""
import random
import socket
import struct
import time

import pytest

from faults import hostile_worker, traffic
from faults.injection import HOSTILE
from samples import files
from support.clients import RawConnection, request_head
from support.processes import wait_until

LARGE = 6 << 20


def reset(raw):
    """Closes with a reset, as a crashed client's kernel would."""
    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()


def shut(raw):
    """Closes in order, unread bytes or not."""
    raw.close()


@pytest.mark.parametrize("leave", [reset, shut])
def test_vanish_during_upload(own, experiment, leave):
    """In the middle of a header or body."""
    server = own.gateway()
    body = traffic.honest_images(1)[0][0]
    request = request_head("POST", "/", len(body)) + body
    with experiment.run(server, clients=3, seconds=0.4) as trial:
        def vanish():
            raw = RawConnection(server)
            raw.send(request[:random.randrange(1, len(request) - 1)])
            time.sleep(random.choice([0, 0.01]))
            leave(raw)
            return 1
        trial.every(lambda: 0.005, vanish)


@pytest.mark.parametrize("leave", [reset, shut])
def test_vanish_while_waiting(own, experiment, leave):
    """With a worker, or in the queue for one: the work is given up, the worker is free again."""
    server = own.gateway(gray__program=str(HOSTILE), limits__deadline_ms=60000)
    with experiment.run(server, images=traffic.command_images(2), seconds=0.4) as trial:
        for number in range(5):
            raw = RawConnection(server)
            body = hostile_worker.image("sleep 50000", number, 2000)
            raw.send(request_head("POST", "/", len(body)) + body)
            time.sleep(0.05)
            leave(raw)
            trial.injected += 1
    # A client that only stops sending may still be reading: it is given a second (base/peer.h).
    assert max(trial.traffic.seconds) < 40, max(trial.traffic.seconds)


@pytest.mark.parametrize("leave", [reset, shut])
def test_vanish_during_download(own, experiment, leave):
    """In the middle of an answer that is larger than every buffer on its way."""
    server = own.gateway(gray__program=str(HOSTILE))

    def vanish():
        raw = RawConnection(server)
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        body = hostile_worker.image("echo", time.monotonic(), LARGE)
        raw.send(request_head("POST", "/", len(body)) + body)
        raw.fill()
        assert raw.pending.startswith(b"HTTP/1.1 200")
        leave(raw)
        return 1
    for _ in range(12): # what the allocator keeps of large bodies
        vanish()
    with experiment.run(server, images=traffic.command_images(2), seconds=0.4) as trial:
        trial.every(lambda: 0.01, vanish)


@pytest.mark.parametrize("leave", [reset, shut])
def test_hanging_up_kills_no_worker(own, leave):
    """Clients that send a whole image and hang up: its job is short, and is let end."""
    server = own.gateway()
    body = files.encode(files.image(1200, 900, "RGB"), "PNG")
    workers = sorted(server.workers())
    for _ in range(40):
        raw = RawConnection(server)
        raw.send(request_head("POST", "/", len(body)) + body)
        time.sleep(random.choice([0, 0.005, 0.02]))
        leave(raw)
    wait_until(lambda: traffic.is_whole(server), 20, "whole")
    state = traffic.pool_state(server)
    assert state["kills"] == state["crashes"] == 0 and state["jobs"] > 0, state
    assert sorted(server.workers()) == workers


def test_hanging_up_ends_a_long_job(own):
    """A job without end, of a client that is gone, costs its worker, long before the deadline."""
    server = own.gateway(gray__program=str(HOSTILE), gray__workers=1, limits__deadline_ms=60000)
    raw = RawConnection(server)
    body = hostile_worker.image("hang")
    raw.send(request_head("POST", "/", len(body)) + body)
    wait_until(lambda: traffic.pool_state(server)["busy"] == 1, 10, "busy")
    reset(raw)
    wait_until(lambda: traffic.is_whole(server), 20, "whole")
    assert traffic.pool_state(server)["kills"] == 1
