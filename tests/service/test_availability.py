# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What can be away: the scale server, a worker, room in the queue. And what comes back by itself."""
import collections
import contextlib
import itertools
import os
import signal
import socket
import threading

import pytest

from faults import hostile_worker
from faults.injection import HOSTILE, plain_build
from samples import files, malformed
from support.clients import Client, RawConnection, curl, request_head
from support.processes import wait_until
from test_http import assert_problem

BODY = files.jpeg(64, 48)
ADDRESSES = (f"127.{os.getpid() % 250 + 2}.{n // 250 + 1}.{n % 250 + 1}" for n in itertools.count())
pytestmark = pytest.mark.threads


def test_no_scale_server(own):
    """Without a scale server: 502 long before the deadline where it is needed, gray goes on, and
    /readyz says which of the two is missing: only who requires the scale server gets 503."""
    gateway = own.gateway()
    for path in ("/scale?scale=0.5", "/gray?scale=0.5", "/scale"):
        reply = curl(gateway.url(path), body=BODY)
        assert_problem(reply, 502, "scale-unavailable")
        assert reply.seconds < 5
    assert curl(gateway.url("/"), body=BODY).status == 200
    assert curl(gateway.url("/healthz")).status == 200
    for query, status in (("", 200), ("?require=scale", 503)):
        ready = curl(gateway.url(f"/readyz{query}"))
        assert ready.status == status and "json" in ready.media_type
        assert ready.json()["scale"] is False and ready.json()["gray"] is True
        assert ready.json()["ready"] is (status == 200)
    for wrong in ("require=", "require=gray", "x=1", "require=scale&require=scale"):
        assert curl(gateway.url(f"/readyz?{wrong}")).status == 400


def test_scale_server_comes_back(own):
    """The scale server stopped and started again: 502 in between, then 200, and the gateway never
    restarts. Its address is one that no other program uses, so that the port stays its own."""
    settings = {"listen__ip": next(ADDRESSES)}
    scale = own.scale(**settings)
    gateway = own.gateway(scale)
    with Client(gateway) as client:
        for round_ in range(3):
            assert client.post("/scale?scale=0.5", BODY).status == 200
            assert client.request("GET", "/readyz?require=scale").status == 200
            scale.stop(signal.SIGTERM if round_ < 2 else signal.SIGINT)
            assert_problem(client.post("/scale?scale=0.5", BODY), 502, "scale-unavailable")
            assert client.request("GET", "/readyz?require=scale").status == 503
            assert client.request("GET", "/readyz").status == 200
            assert client.post("/", BODY).status == 200
            scale = own.scale(listen__port=scale.port, **settings)
    assert gateway.running()


@pytest.mark.parametrize("answer", [
    b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nOops",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
], ids=["hangs up", "no HTTP", "cut short", "no image", "redirect", "strange 500", "endless"])
@pytest.mark.expects_errors("scale server|upstream|scale-unavailable")
def test_scale_server_answers_nonsense(own, answer):
    """Whatever nonsense comes from the upstream is 502, and no byte of it reaches the client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)
        threading.Thread(target=serve, daemon=True).start()
        gateway = own.gateway(scale__upstream=f"http://127.0.0.1:{listener.getsockname()[1]}")
        reply = curl(gateway.url("/scale?scale=0.5"), body=BODY)
        assert_problem(reply, 502, "scale-unavailable")
        assert reply.seconds < 5
        reply = curl(gateway.url("/gray?scale=0.5"), body=BODY)
        assert_problem(reply, 502, "scale-unavailable")
        listener.shutdown(socket.SHUT_RDWR)


def test_scale_server_hangs(own):
    """An upstream that takes a request and never answers ends at the deadline, not later."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gateway = own.gateway(scale__upstream=f"http://127.0.0.1:{listener.getsockname()[1]}",
                              limits__deadline_ms=700)
        reply = curl(gateway.url("/scale?scale=0.5"), body=BODY)
        assert reply.status in (502, 504)
        assert reply.seconds < 7
        assert curl(gateway.url("/"), body=BODY).status == 200


def test_problems_of_the_scale_server_are_relayed(gateway):
    """The gateway's client sees the scale server's own problem, under the gateway's request id."""
    reply = curl(gateway.url("/scale?scale=0.5"), "-H", "X-Request-Id: relay-1", body=b"text")
    assert assert_problem(reply, 415, "unsupported-format")["request_id"] == "relay-1"


def stop_workers(server):
    """SIGSTOP to every worker; returns them."""
    wait_until(lambda: len(server.workers()) == 2, 10, "two workers")
    workers = server.workers()
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    return workers


def test_deadline(own):
    """A worker that hangs is 504 at limits.deadline_ms, is killed and replaced."""
    server = own.scale(limits__deadline_ms=800, scale__workers=2)
    workers = stop_workers(server)
    reply = curl(server.url("/scale"), body=BODY)
    assert_problem(reply, 504, "deadline-exceeded")
    assert 0.5 < reply.seconds < 8
    wait_until(lambda: curl(server.url("/scale"), body=BODY).status == 200, 30, "a fresh worker")
    wait_until(lambda: not set(workers) & set(server.workers()) or
               curl(server.url("/scale"), body=BODY).status == 504, 30, "both replaced")


def has_pool(server, busy, waiting):
    """Whether so many workers are busy and so many requests wait for one."""
    state = curl(server.url("/readyz")).json()["workers"]
    return (state["busy"], state["waiting"]) == (busy, waiting)


def test_queue_full(own):
    """With every worker busy and the queue full, 503 with Retry-After comes at once; whoever
    waited gets 503 after queue_wait_ms; /healthz is not affected; the busy ones still answer."""
    server = own.scale(scale__program=str(HOSTILE), scale__workers=2, scale__queue_max=1,
                       scale__queue_wait_ms=3000, limits__deadline_ms=60000)
    wait_until(lambda: curl(server.url("/readyz")).status == 200, 10, "ready")
    waiting = [RawConnection(server) for _ in range(3)]
    try:
        command = hostile_worker.image("sleep 8000")
        for raw, busy, queued in zip(waiting, (1, 2, 2), (0, 0, 1)): # two take the workers, one waits
            raw.send(request_head("POST", "/scale", len(command)) + command)
            wait_until(lambda: has_pool(server, busy, queued), 10, "with a worker, or waiting")
        reply = curl(server.url("/scale"), body=hostile_worker.image())
        assert_problem(reply, 503, "overloaded")
        assert int(reply.headers["retry-after"]) >= 1 and reply.seconds < 2
        health = curl(server.url("/healthz"))
        assert health.status == 200 and health.seconds < 2
        late = waiting[2].read_reply()
        assert_problem(late, 503, "overloaded")
        assert int(late.headers["retry-after"]) >= 1
        assert [raw.read_reply().status for raw in waiting[:2]] == [200, 200]
    finally:
        for raw in waiting:
            raw.close()


CHEAP = {
    "type": ("?scale=0.5", b"a text, and no image", {}, 415, "unsupported-format"),
    "long type": ("", b"a text, and no image" * 10000, {}, 415, "unsupported-format"),
    "parameter": ("?scale=2", BODY, {}, 400, "bad-parameter"),
    "empty": ("", b"", {"Expect": "100-continue"}, 400, "empty-body"),
    "size": ("", b"", {"Content-Length": "99999999"}, 413, "body-too-large"),
    "pixels": ("", malformed.huge_headers()["png"], {}, 422, "image-too-large"),
    "long pixels": ("", malformed.huge_headers()["jpeg"] + bytes(200_000), {}, 422, "image-too-large"),
    "header": ("", BODY[:30], {}, 422, "image-corrupt"),
}


@pytest.mark.parametrize("kind", ["gateway", "scale"])
def test_full_queue_hides_nothing(own, kind):
    """With every worker busy and the queue full, what is wrong with a request is still reported as what
    it is, at once; images of any length get 503, and one that is offered with Expect before
    it is sent."""
    pool = "gray" if kind == "gateway" else "scale"
    path = "/gray" if kind == "gateway" else "/scale"
    settings = {f"{pool}__program": str(HOSTILE), f"{pool}__workers": 1, f"{pool}__queue_max": 0,
                "limits__deadline_ms": 30000}
    server = own.gateway(**settings) if kind == "gateway" else own.scale(**settings)
    command = hostile_worker.image("sleep 8000")
    with RawConnection(server) as busy:
        busy.send(request_head("POST", path, len(command)) + command)
        wait_until(lambda: curl(server.url("/readyz")).json()["workers"]["busy"] == 1, 20, "busy")
        for name, (query, body, fields, status, problem) in CHEAP.items():
            with Client(server) as client:
                reply = client.post(path + query, body, fields)
                assert (name, reply.status) == (name, status)
                assert_problem(reply, status, problem)
        with Client(server) as client:
            for size in (0, 200_000): # over one connection, which goes on
                reply = client.post(path, hostile_worker.image(size=size))
                assert_problem(reply, 503, "overloaded")
        with RawConnection(server) as raw:
            raw.send(request_head("POST", path, 200_000, "Expect: 100-continue"))
            reply = raw.read_reply()
            assert_problem(reply, 503, "overloaded")
            assert reply.interim == []
        assert busy.pending == b""
        assert busy.read_reply().status == 200


@plain_build
def test_burst_through_the_gateway(own):
    """Nine hundred at once from eight addresses, all for the scale server: those beyond its queue are
    answered 503, and none 404."""
    patient = {"limits__deadline_ms": 60000} # all that the queue holds is done, on a busy machine as well
    scale = own.scale(scale__program=str(HOSTILE), scale__workers=2, scale__queue_wait_ms=60000, **patient)
    gateway = own.gateway(scale, log__level="warning", **patient)
    command = hostile_worker.image("sleep 30", size=20_000)
    clients = [socket.create_connection((gateway.host, gateway.port), 60,
                                        (f"127.0.0.{number % 8 + 2}", 0)) for number in range(900)]
    for client in clients:
        client.sendall(request_head("POST", "/scale", len(command)) + command)
    statuses = collections.Counter()
    for client in clients:
        with client, client.makefile("rb") as reply:
            statuses[reply.readline().split()[1]] += 1
    assert set(statuses) == {b"200", b"503"} and statuses[b"200"] >= 256, statuses


def test_one_address_too_often(own):
    """listen.max_connections_per_ip counts for each address by itself: with requests in progress on
    all of them the next one is 503, and it is not where one of them idles."""
    server = own.scale(listen__ip="::", listen__max_connections_per_ip=2, trusted_proxies=[])
    with RawConnection(server) as first, RawConnection(server) as second:
        for raw in (first, second):
            raw.send(request_head("POST", "/scale", len(BODY)) + BODY[:100])
        reply = curl(f"http://127.0.0.1:{server.port}/scale", body=BODY)
        assert_problem(reply, 503, "overloaded")
        assert int(reply.headers["retry-after"]) >= 1
        for arguments in (["--interface", "127.0.0.2"], []):
            host = "127.0.0.1" if arguments else "[::1]"
            reply = curl(f"http://{host}:{server.port}/scale", *arguments, body=BODY)
            assert reply.status == 200
        for raw in (first, second):
            raw.send(BODY[100:])
            assert raw.read_reply().status == 200
        assert curl(f"http://127.0.0.1:{server.port}/scale", body=BODY).status == 200
        assert first.ends() # it had idled longest


@pytest.mark.parametrize("limits", [{"listen__max_connections_per_ip": 3},
                                    {"listen__max_connections_per_ip": 0, "listen__max_connections": 3}],
                         ids=["of a client", "in all"])
def test_health_checks_make_no_room(own, limits):
    """Connections that were let in beyond the limit, for /healthz alone, and idle afterwards, make no room for
    further images."""
    server = own.scale(trusted_proxies=[], **limits)
    head = request_head("POST", "/scale", len(BODY), "Expect: 100-continue")
    with contextlib.ExitStack() as stack:
        def connect():
            return stack.enter_context(RawConnection(server))
        uploads = [connect() for _ in range(3)]
        for raw in uploads:
            raw.send(head)
            raw.fill()
            assert b" 100 " in raw.pending
        for _ in range(10):
            raw = connect()
            raw.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert raw.read_reply().status == 200
            raw = connect()
            raw.send(head)
            assert_problem(raw.read_reply(), 503, "overloaded")


def test_too_many_bytes_in_flight(own):
    """limits.max_inflight_bytes: what would pass it is 503, what fits is answered."""
    server = own.scale(limits__max_inflight_bytes=3_500_000, limits__max_body_bytes=2_500_000,
                       limits__max_output_bytes=1_000_000, limits__share_per_client=1)
    with RawConnection(server) as slow:
        slow.send(request_head("POST", "/scale", 2_400_000) + BODY + bytes(2_000_000))

        def ask():
            return curl(server.url("/scale"), body=BODY + bytes(1_500_000))
        wait_until(lambda: ask().status == 503, 20, "the other's bytes are counted")
        reply = ask()
        assert_problem(reply, 503, "overloaded")
        assert "retry-after" in reply.headers
    wait_until(lambda: curl(server.url("/scale"), body=BODY).status == 200, 20, "room again")


def test_not_ready_without_workers(own):
    """/readyz of either server is 503 and names its workers while none of them answers."""
    scale = own.scale(scale__workers=2)
    gateway = own.gateway(scale, gray__workers=2)
    for server, word in ((gateway, "gray"), (scale, "scale")):
        workers = stop_workers(server)
        reply = curl(server.url("/readyz"))
        assert reply.status == 503 and word in reply.body.decode()
        assert curl(server.url("/healthz")).status == 200
        for pid in workers:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass # replaced in the meantime
        wait_until(lambda: curl(server.url("/readyz")).status == 200, 30, "ready again")
