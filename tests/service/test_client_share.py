# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""One client's share of a server: what is refused beyond it, and whose share it is. 127.0.0.N are as
many clients, also to the scale server behind the gateway. What the others notice: tests/attacks."""
import contextlib
import re
import socket
import time

import pytest

from faults.fake_scale import Fake, head
from samples import files
from support.clients import RawConnection, curl, request_head
from support.processes import wait_until
from test_http import assert_problem

GREEDY, HONEST = "127.0.0.2", "127.0.0.3"
BODY = files.jpeg(64, 48)
MIB = 1 << 20
# A client's share is one request of the largest size and half another.
TIGHT = {"limits__max_body_bytes": 8 * MIB, "limits__max_output_bytes": 8 * MIB,
         "limits__max_inflight_bytes": 96 * MIB}
# More than the kernel's buffers of a connection hold.
LARGE = files.encode(files.image(3000, 2500, "L"), "TIFF")


@pytest.fixture(params=["gateway", "scale", "through"])
def tight(request, own):
    """A server to attack and the path of its work: either of them, and the one behind the other. The
    scale server trusts nobody on this host where it is asked by the clients themselves."""
    if request.param == "gateway":
        return own.gateway(own.scale(), **TIGHT), "/gray"
    if request.param == "scale":
        return own.scale(trusted_proxies=[], **TIGHT), "/scale?scale=1"
    return own.gateway(own.scale(**TIGHT), **TIGHT), "/scale?scale=1"


def connect(server, source=GREEDY):
    return RawConnection(server, source=source)


def ask(server, path, source=HONEST, body=BODY):
    return curl(server.url(path), "--interface", source, body=body)


def take_nothing(stack, server, path):
    """A request whose answer nobody takes, until the stack ends."""
    raw = stack.enter_context(connect(server))
    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.send(request_head("POST", path, len(LARGE)) + LARGE)


def test_answers_that_nobody_takes(tight):
    """Beyond its share a client is refused until it takes its answers, or goes away."""
    server, path = tight
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            take_nothing(stack, server, path)
        while (reply := ask(server, path, GREEDY, LARGE)).status == 200: # some made room again
            take_nothing(stack, server, path)
        assert_problem(reply, 503, "overloaded")
    wait_until(lambda: ask(server, path, GREEDY, LARGE).status == 200, 10, "room again")


@pytest.mark.parametrize("kind", ["gateway", "scale"])
@pytest.mark.parametrize("start", [b"", b"POST /scale HTTP/1.1\r\nX: "], ids=["silent", "headers"])
def test_connections(own, kind, start):
    """1,300 connections of one client: everybody's probes are answered, its own too."""
    server = own.gateway(own.scale()) if kind == "gateway" else own.scale(trusted_proxies=[])
    path = "/gray" if kind == "gateway" else "/scale"
    with contextlib.ExitStack() as stack:
        for _ in range(1300):
            raw = stack.enter_context(connect(server))
            with contextlib.suppress(OSError): # one of those that are closed at once
                raw.send(start)
        for source in (GREEDY, HONEST):
            for probe in ("/healthz", "/readyz"):
                assert curl(server.url(probe), "--interface", source).status == 200
        assert ask(server, path, GREEDY).status == (503 if start else 200)


def test_slow_clients_are_disconnected(own):
    """A body and the taking of an answer at less than listen.min_bytes_per_s end after ten seconds,
    whatever came before; a slow phone goes on."""
    server = own.scale(listen__idle_timeout_ms=60000, log__level="debug")
    with connect(server) as dripping, connect(server) as phone, connect(server) as reader:
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.send(request_head("POST", "/scale?scale=1", len(LARGE)) + LARGE)
        dripping.send(request_head("POST", "/scale", MIB) + BODY + bytes(100_000))
        phone.send(request_head("POST", "/scale", MIB) + BODY)
        began, sent = time.monotonic(), len(BODY)
        dripping.socket.settimeout(0.1)
        while time.monotonic() - began < 20 and b"\r\n\r\n" not in dripping.pending:
            phone.send(bytes(2000)) # 20 kB a second or somewhat less
            sent += 2000
            with contextlib.suppress(TimeoutError, OSError):
                dripping.send(b"a")
                dripping.fill()
        assert 9 < time.monotonic() - began < 20
        dripping.socket.settimeout(5)
        reply = dripping.read_reply()
        assert_problem(reply, 408, "body-timeout")
        assert "4096 bytes a second" in reply.json()["detail"]
        wait_until(lambda: "POST /scale 200 " in server.log(), 5, "the answer's end")
        phone.send(bytes(MIB - sent))
        assert phone.read_reply().status == 200


def named_client(own, fields, **settings):
    """What X-Forwarded-For the gateway sends, all of it, for a request with these fields."""
    def answer(connection, _body):
        connection.sendall(head(200, "image/jpeg", len(BODY)) + BODY)
        return True
    fake = Fake(answer)
    try:
        gateway = own.gateway(**{"scale.upstream": fake.address}, **settings)
        with connect(gateway, HONEST) as raw:
            raw.send(request_head("POST", "/scale", len(BODY), *fields) + BODY)
            assert raw.read_reply().status == 200
    finally:
        fake.close()
    return re.findall(rb"(?im)^x-forwarded-for: *([^\r\n]*)", fake.heads[-1])


@pytest.mark.parametrize("fields", [
    [], ["X-Forwarded-For: 192.0.2.1"],
    ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2, 192.0.2.3"],
])
def test_whom_the_gateway_names(own, fields):
    """The gateway names one client to the scale server, the one that it identified."""
    assert named_client(own, fields) == [HONEST.encode()]


@pytest.mark.parametrize("proxies, client", [
    ([HONEST], "192.0.2.2"), ([HONEST, "192.0.2.2"], "192.0.2.1"), (["127.0.0.0/8"], "192.0.2.2"),
    (["127.0.0.4"], HONEST), ([], HONEST),
])
def test_whom_a_proxy_names(own, proxies, client):
    """Behind a trusted proxy the gateway names the last entry that is not trusted itself."""
    fields = ["X-Forwarded-For: 192.0.2.1, 192.0.2.2"]
    assert named_client(own, fields, trusted_proxies=proxies) == [client.encode()]
