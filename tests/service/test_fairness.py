# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""One client's appetite is its own trouble: what others get, and what is refused before any work."""
import http.client
import statistics
import threading
import time

import pytest

from samples import files
from samples.bombs import heavy_image, lossless_webp, widened
from support.clients import Client

GREEDY, HONEST = "127.0.0.2", "127.0.0.3"
CONNECTIONS = 150
SECONDS = 6


class Asker:
    """One connection from an address of its own, with one image after the other."""

    def __init__(self, server, address, path, body):
        self.server, self.address, self.path, self.body = server, address, path, body
        self.seconds, self.statuses = [], []

    def connect(self):
        return http.client.HTTPConnection(self.server.host, self.server.port, timeout=60,
                                          source_address=(self.address, 0))

    def ask(self, until):
        connection = self.connect()
        while time.monotonic() < until:
            began = time.monotonic()
            connection.request("POST", self.path, body=self.body)
            answer = connection.getresponse()
            answer.read()
            if time.monotonic() < until: # the others come while the queue is emptied
                self.statuses.append(answer.status)
                self.seconds.append(time.monotonic() - began)
            if answer.status == 503:
                time.sleep(0.05) # a client that does not heed Retry-After
        connection.close()


def run(askers, seconds):
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=asker.ask, args=(until,)) for asker in askers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.alone
def test_a_greedy_client_takes_no_more_than_its_turns(own):
    """150 connections of one address beside one of another, all with a heavy image: the one has
    half of what it would have in a fair split, or more, waits for about one job of the others, and
    is never refused."""
    server = own.gateway(gray__workers=2, limits__deadline_ms=60000, gray__queue_wait_ms=30000)
    body = heavy_image()
    alone = Asker(server, HONEST, "/", body)
    run([alone], 2)
    alone_s = statistics.median(alone.seconds)
    honest = Asker(server, HONEST, "/", body)
    greedy = [Asker(server, GREEDY, "/", body) for _ in range(CONNECTIONS)]
    run([honest, *greedy], SECONDS)
    answers = sum(asker.statuses.count(200) for asker in greedy)
    assert set(honest.statuses) == {200}
    assert statistics.median(honest.seconds) < max(3 * alone_s, 0.6)
    assert len(honest.statuses) >= (len(honest.statuses) + answers) / 4 # half of a fair half
    worst = sorted(honest.seconds)[int(len(honest.seconds) * 0.99)]
    assert worst < max(3 * alone_s, 0.6) + 2 * max(1, alone_s)


@pytest.mark.parametrize("kind, path, key", [("gateway", "/gray", "gray.max_memory_bytes"),
                                             ("scale", "/scale?scale=0.9", "scale.max_memory_bytes")])
def test_more_memory_than_a_worker_has_is_refused_at_once(own, kind, path, key):
    """422 that names the limit, its value, and what was asked for; no worker is lost to it."""
    section = key.partition(".")[0]
    server = getattr(own, kind)(**{f"{section}__max_memory_bytes": 256 << 20, "sandbox": "required"})
    body = widened(lossless_webp(64, 64), 8000, 6000)
    with Client(server) as client:
        before = client.request("GET", "/readyz").json()["workers"]
        for _ in range(4):
            reply = client.post(path, body)
            assert reply.status == 422, reply
            detail = reply.json()["detail"]
            assert reply.json()["type"] == "/problems/image-too-large"
            assert key in detail and str(256 << 20) in detail and "8000 x 6000" in detail
        after = client.request("GET", "/readyz").json()["workers"]
    assert (after["jobs"], after["crashes"], after["kills"]) == \
        (before["jobs"], before["crashes"], before["kills"])


def test_more_time_than_there_is_is_refused_at_once(own):
    server = own.gateway(limits__deadline_ms=1000)
    with Client(server) as client:
        reply = client.post("/", widened(lossless_webp(64, 64), 16000, 6000))
        assert reply.json()["type"] == "/problems/image-too-large"
        assert reply.status == 422
        assert "limits.deadline_ms is 1000" in reply.json()["detail"]


def test_a_result_that_takes_too_long_is_what_is_too_large(own):
    """Where decoding alone would be done in time."""
    server = own.scale(limits__deadline_ms=1000)
    with Client(server) as client:
        reply = client.post("/image?width=4000&height=4000&fit=fill&enlarge=true&blur=100", files.jpeg())
        assert reply.status == 422 and reply.json()["type"] == "/problems/result-too-large", reply
        assert all(words in reply.json()["detail"] for words in ["limits.deadline_ms is 1000", "4000 x 4000"])


def test_work_that_cannot_end_in_time_is_not_begun(own):
    """The client's own deadline is no limit of the image's: 503, and no worker is used."""
    server = own.gateway()
    with Client(server) as client:
        before = client.request("GET", "/readyz").json()["workers"]["jobs"]
        reply = client.post("/", widened(lossless_webp(64, 64), 4000, 4000), {"X-Deadline-Ms": "300"})
        assert reply.status == 503 and "retry-after" in reply.headers, reply
        assert client.request("GET", "/readyz").json()["workers"]["jobs"] == before
