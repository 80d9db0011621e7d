# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The recommended front, deploy/haproxy.cfg: it lets through what honest clients send, answers as the
gateway does, and stops what libmicrohttpd cannot be kept from taking."""
import contextlib
import dataclasses
import os
import socket
import subprocess
import time
import zlib

import pytest

from samples import files
from support.clients import Client, RawConnection, curl, request_head
from support.programs import ROOT
from test_http import assert_problem

CONFIGURATION = ROOT / "deploy/haproxy.cfg"
HAPROXY = "/usr/sbin/haproxy"
BODY = files.jpeg(64, 48)
LENGTH = b"Content-Length: %d" % len(BODY)


@dataclasses.dataclass
class Front:
    port: int
    host: str = "127.0.0.1"

    def url(self, path=""):
        return f"http://{self.host}:{self.port}{path}"


class Proxy:
    """HAProxy on a socket that is ours, so that its port is known and connections wait for it."""

    def __init__(self, gateway, configuration, log_path):
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
            self.front = Front(listener.getsockname()[1])
            number = listener.fileno()
            os.set_inheritable(number, True)
            environment = {**os.environ, "GRISAILLE_FRONT": f"fd@{number}",
                           "GRISAILLE_GATEWAY": f"{gateway.host}:{gateway.port}"}
            self.log = open(log_path, "wb")
            self.process = subprocess.Popen([HAPROXY, "-db", "-f", configuration],
                                            env=environment, pass_fds=[number],
                                            stdin=subprocess.DEVNULL, stdout=self.log,
                                            stderr=self.log)

    def close(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


@pytest.fixture(scope="module")
def front(gateway, tmp_path_factory):
    proxy = Proxy(gateway, CONFIGURATION, tmp_path_factory.mktemp("front") / "haproxy.log")
    yield proxy.front
    proxy.close()


@pytest.fixture
def trusting(own, tmp_path):
    """A front that its gateway believes, where one client may hold two bodies' worth and no more."""
    gateway = own.gateway(trusted_proxies=["127.0.0.1"], limits__max_body_bytes=1 << 20,
                          limits__max_output_bytes=1 << 20, limits__max_inflight_bytes=8 << 20)
    proxy = Proxy(gateway, CONFIGURATION, tmp_path / "haproxy.log")
    yield proxy.front
    proxy.close()


def send(front, data):
    """The first reply to the bytes; None where the connection ends without one."""
    with RawConnection(front, timeout=20) as raw:
        raw.send(data)
        return raw.read_reply()


def head(*fields, first=b"POST /gray HTTP/1.1", host=True):
    return b"\r\n".join([first, *([b"Host: test"] if host else []), *fields, b"", b""])


def test_configuration_is_valid():
    """HAProxy itself finds nothing to say against it."""
    done = subprocess.run([HAPROXY, "-c", "-f", CONFIGURATION], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr


@pytest.mark.parametrize("path", ["/", "/gray?scale=0.5", "/scale?scale=0.5&quality=70"])
def test_same_answer(front, gateway, path):
    """Through the front comes what the gateway answers, byte for byte."""
    through, direct = (curl(server.url(path), body=BODY) for server in (front, gateway))
    assert (through.status, through.body) == (direct.status, direct.body)
    assert through.status == 200 and "server-timing" in through.headers


def test_many_on_one_connection(front):
    """A client's connection is kept over images, refusals and health checks."""
    with Client(front) as client:
        for _ in range(20):
            client.image("/gray", BODY)
            assert client.post("/gray", b"no image").status == 415
            assert client.request("GET", "/healthz").status == 200


def test_chunked_body(front):
    """A body without a length."""
    assert curl(front.url("/gray"), "-H", "Transfer-Encoding: chunked", body=BODY).status == 200


def test_continue_comes_from_the_gateway(front):
    """A client that waits for 100 Continue gets it, and then its image."""
    with RawConnection(front) as raw:
        raw.send(request_head("POST", "/gray", len(BODY), "Expect: 100-continue"))
        while b"\r\n\r\n" not in raw.pending:
            assert raw.fill()
        assert raw.pending.startswith(b"HTTP/1.1 100")
        raw.send(BODY)
        reply = raw.read_reply()
    assert reply.status == 200 and reply.interim == [100]


def test_large_bodies(front):
    """A body of just less than the limit passes; beyond it is 413, and before a byte of it where the
    client waits."""
    large = BODY + bytes(32 * 1024 * 1024 - len(BODY) - 1)
    assert curl(front.url("/gray"), body=large).status in (200, 422)
    with RawConnection(front) as raw:
        raw.send(request_head("POST", "/gray", 40 * 1024 * 1024, "Expect: 100-continue"))
        reply = raw.read_reply()
    assert_problem(reply, 413, "body-too-large")
    assert reply.interim == []


@pytest.mark.parametrize("data", [
    head(LENGTH, b"Content-Length: 5"),
    head(LENGTH, b"Transfer-Encoding: chunked"),
    head(b"Host: other", LENGTH),
    head(LENGTH, b"X-Field: a\0b"),
    head(LENGTH, b"X-Field: a\rb"),
    head(LENGTH, b"X-Field : a"),
    head(LENGTH, b": a"),
    head(b"Content-Length: 18446744073709551616"),
    head(b"Transfer-Encoding: gzip"),
    head(LENGTH, host=False),
    head(LENGTH, first=b"PO\1ST /gray HTTP/1.1"),
])
def test_refused(front, gateway, data):
    """What two readers may read differently is refused once, and nothing behind it is run."""
    path = f"/smuggled-{zlib.crc32(data)}"
    reply = send(front, data + f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode() * 2)
    assert reply is None or reply.status in (400, 413, 501)
    assert path not in gateway.log()
    assert curl(front.url("/healthz")).status == 200


@pytest.mark.parametrize("data", [
    b"GET /healthz HTTP/1.1\r\nHost: test\n:\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: test\r\n:\n",
    b"GET /healthz HTTP/1.1\r\nHost: test\0\n\r\n",
    b"\0junk\r\nGET /healthz HTTP/1.1\r\nHost: test\r\n\r\n",
])
def test_unseen_by_the_gateway(front, data):
    """What the gateway alone cannot distinguish from a well-formed header section."""
    assert send(front, data).status == 400
    assert curl(front.url("/healthz")).status == 200


def test_chunks_are_written_anew(tmp_path):
    """A body in chunks whose lines end in LF alone, which the gateway would take, reaches it with CR
    LF, and without what clients write behind a size."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        upstream = Front(listener.getsockname()[1])
        proxy = Proxy(upstream, CONFIGURATION, tmp_path / "haproxy.log")
        try:
            with RawConnection(proxy.front, timeout=20) as raw:
                raw.send(head(b"Transfer-Encoding: chunked") + b"5;a=b\nhello\n0\n\n")
                with listener.accept()[0] as connection:
                    connection.settimeout(20)
                    received = b""
                    while not received.endswith(b"0\r\n\r\n"):
                        piece = connection.recv(4096)
                        assert piece, received
                        received += piece
        finally:
            proxy.close()
    assert received.endswith(b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")


def test_status_line_once(front):
    """Where libmicrohttpd refuses by itself, its client sees one answer and no second status line."""
    with RawConnection(front, timeout=20) as raw:
        raw.send(head(b"Connection: close", host=False, first=b"GET / HTTP/1.1"))
        while raw.fill():
            pass
    assert raw.pending.startswith(b"HTTP/1.1 400") and raw.pending.count(b"HTTP/1.") == 1


def test_slow_headers_end(gateway, tmp_path):
    """A header section that drips is ended by the front's timeout, and never reaches the gateway."""
    text = CONFIGURATION.read_text()
    assert "timeout http-request 10s" in text
    quick = tmp_path / "haproxy.cfg"
    quick.write_text(text.replace("timeout http-request 10s", "timeout http-request 1s"))
    proxy = Proxy(gateway, quick, tmp_path / "haproxy.log")
    try:
        with RawConnection(proxy.front, timeout=1) as raw:
            start = time.monotonic()
            raw.send(b"GET /slow HTTP/1.1\r\nHost: test\r\n")
            raw.socket.settimeout(0.1)
            while time.monotonic() < start + 20:
                try:
                    raw.send(b"X: y\r\n")
                    if not raw.fill():
                        break
                except TimeoutError:
                    continue
                except (BrokenPipeError, ConnectionResetError):
                    break
            assert time.monotonic() < start + 10
        assert raw.pending == b"" or raw.pending.startswith(b"HTTP/1.1 408")
        assert "/slow" not in gateway.log()
    finally:
        proxy.close()


def test_clients_are_distinguished(trusting):
    """Behind the front a client has its own share of the gateway, whatever it says of itself."""
    start = request_head("POST", "/gray", 1 << 20, "X-Forwarded-For: 192.0.2.1")
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            raw = stack.enter_context(RawConnection(trusting, source="127.0.0.2"))
            raw.send(start + BODY + bytes((1 << 20) - len(BODY) - 100))
        large = BODY + bytes(900_000)
        for _ in range(5):
            reply = curl(trusting.url("/gray"), "--interface", "127.0.0.3", body=large)
            assert reply.status == 200, reply
        reply = curl(trusting.url("/gray"), "--interface", "127.0.0.2", body=large)
        assert_problem(reply, 503, "overloaded")
