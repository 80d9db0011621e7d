# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The 33 cases of the public suite h1spec (github.com/uNetworking/h1spec), byte for byte but for
two: its servers echo what they get, ours answer images, so the POST and the chunked POST carry a
image, where h1spec sends words. Against the gateway, the scale server (at paths of its own) and
the gateway behind the recommended front. A request that is not whole is waited for; a whole one is
answered with a status of the range given."""
import socket
import time

import pytest

from samples import files
from test_haproxy import front # noqa: F401 (a fixture)

WAITS = range(0)
GOOD, REFUSED, FAILED = range(200, 300), range(400, 500), range(400, 600)
HEAD = b"GET / HTTP/1.1\r\nHost: example.com\r\n"
IMAGE = files.encode(files.image(8, 8), "PNG")

PARTS = ["G", "GET ", "GET /hello", "GET /hello ", "GET /hello HTTP", "GET /hello HTTP/1.1",
         "GET /hello HTTP/1.1\r", "GET /hello HTTP/1.1\r\n", "GET /hello HTTP/1.1\r\nHos",
         "GET /hello HTTP/1.1\r\nHost:", "GET /hello HTTP/1.1\r\nHost: ",
         "GET /hello HTTP/1.1\r\nHost: localhost", "GET /hello HTTP/1.1\r\nHost: localhost\r",
         "GET /hello HTTP/1.1\r\nHost: localhost\r\n",
         "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r"]
POST = b"POST / HTTP/1.1\r\nHost: example.com\r\n"
CASES = {
    **{f"part of a request, {len(part)} bytes": (part.encode(), WAITS) for part in PARTS},
    "no HTTP version": (b"GET / \r\n\r\n", FAILED),
    "Expect": (HEAD + b"Expect: 100-continue\r\n\r\n", range(100, 300)),
    "valid GET": (HEAD + b"\r\n", GOOD),
    "valid GET, oddly written": (b"GET / HTTP/1.1\r\nhoSt:\texample.com\r\nempty:\r\n\r\n", GOOD),
    "field name with brackets": (HEAD + b"X-Invalid[]: test\r\n\r\n", REFUSED),
    "no Host": (b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", REFUSED),
    "two Hosts": (HEAD + b"Host: example.org\r\n\r\n", REFUSED),
    "Content-Length far below zero":
        (HEAD + b"Content-Length: -123456789123456789123456789\r\n\r\n", REFUSED),
    "negative Content-Length": (HEAD + b"Content-Length: -1234\r\n\r\n", REFUSED),
    "Content-Length that is no number": (HEAD + b"Content-Length: abc\r\n\r\n", REFUSED),
    "empty field value": (HEAD + b"X-Empty-Header: \r\n\r\n", GOOD),
    "control character in a field": (HEAD + b"X-Bad-Control-Char: test\x07\r\n\r\n", REFUSED),
    "HTTP/9.9": (b"GET / HTTP/9.9\r\nHost: example.com\r\n\r\n", FAILED),
    "words before the request line":
        (b"Extra lineGET / HTTP/1.1\r\nHost: example.com\r\n\r\n", FAILED),
    "CR in front of a field": (HEAD + b"\rSome-Header: Test\r\n\r\n", REFUSED),
    "valid POST": (POST + b"Content-Length: %d\r\n\r\n" % len(IMAGE) + IMAGE, GOOD),
    "chunked POST": (POST + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(IMAGE) + IMAGE
                     + b"\r\n0\r\n\r\n", GOOD),
    "both framings, in varying case":
        (POST + b"content-LengtH: 5\r\nTransFer-Encoding: chunked\r\n\r\nc\r\nHellO world1\r\n"
         b"0\r\n\r\n", REFUSED),
}
WAIT_SECONDS = 0.4 # for nothing to come
PATIENCE_SECONDS = 30 # for something


def first_status(server, data, seconds):
    """The first status that comes back; None where nothing does, 0 for an end or nonsense."""
    with socket.create_connection((server.host, server.port), 10) as raw:
        raw.sendall(data)
        raw.settimeout(seconds)
        reply, end = b"", time.monotonic() + seconds
        while b"\r\n" not in reply and time.monotonic() < end:
            try:
                piece = raw.recv(4096)
            except socket.timeout:
                return None if reply == b"" else 0
            if piece == b"":
                return 0
            reply += piece
    words = reply.split(b" ", 2)
    return int(words[1]) if words[0].startswith(b"HTTP/1.") and len(words) > 1 else 0


def judge(server, name, get=b"/", post=b"/"):
    data, expected = CASES[name]
    data = data.replace(b"GET / ", b"GET %s " % get).replace(b"POST / ", b"POST %s " % post)
    waits = expected == WAITS
    status = first_status(server, data, WAIT_SECONDS if waits else PATIENCE_SECONDS)
    assert status is None if waits else status in expected, (name, status)


def test_all_are_here():
    """None has dropped out, and two names are not one."""
    assert len(CASES) == 33


@pytest.mark.parametrize("name", CASES)
def test_gateway(gateway, name):
    """The gateway alone."""
    judge(gateway, name)


@pytest.mark.parametrize("name", CASES)
def test_scale_server(scale_server, name):
    """The scale server alone; it has no page at /."""
    judge(scale_server, name, get=b"/healthz", post=b"/scale")


@pytest.mark.parametrize("name", CASES)
def test_behind_the_front(front, name): # noqa: F811
    """The gateway behind HAProxy."""
    judge(front, name)
