# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Framing that no honest client sends. Each case ends in the answer RFC 9110 and 9112 ask for, or
in a closed connection, and no smuggled request is ever run."""
import pytest

from samples import files
from support.clients import RawConnection, curl, request_head
from test_http import assert_problem

BODY = files.jpeg(16, 16)
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: test\r\nX-Request-Id: smuggled\r\n\r\n"


@pytest.fixture(params=["gateway", "scale_server"])
def server(request):
    """Each of the two shared servers."""
    return request.getfixturevalue(request.param)


def send(server, data):
    """The first reply to the bytes, and whether the connection ends after it."""
    with RawConnection(server, timeout=10) as raw:
        raw.send(data)
        reply = raw.read_reply()
        return reply, raw.ends()


def head(*fields, method=b"POST", target=b"/scale", host=True):
    lines = [method + b" " + target + b" HTTP/1.1"] + ([b"Host: test"] if host else [])
    return b"\r\n".join([*lines, *fields, b"", b""])


LENGTH = b"Content-Length: %d" % len(BODY)


@pytest.mark.parametrize("fields", [
    [LENGTH, b"Content-Length: 5"],
    [LENGTH, LENGTH],
    [LENGTH, b"Transfer-Encoding: chunked"],
    [b"Transfer-Encoding: chunked", b"Content-Length: 5"],
    [b"Host: other", LENGTH],
    [LENGTH, b"X-Field: a\0b"],
    [LENGTH, b"X-Field: a\rb"],
    [b"Content-Length: 5, 5"],
])
def test_contradictions_are_400(server, fields):
    """Two lengths, a length with chunked, two hosts, NUL or CR in a field: 400, and closed."""
    reply, ended = send(server, head(*fields) + SMUGGLED * 2)
    assert_problem(reply, 400, "bad-request") if reply.headers.get("x-request-id") else None
    assert reply.status == 400 and ended


@pytest.mark.parametrize("length", [b"-1", b"+5", b"0x10", b"5 5", b"abc", b"1e3", b"",
                                    b"18446744073709551615", b"18446744073709551616",
                                    b"99999999999999999999999"])
def test_odd_lengths(server, length):
    """A Content-Length that is no number, or one beyond all bounds, is refused and closed."""
    reply, ended = send(server, head(b"Content-Length: " + length) + SMUGGLED)
    assert reply.status in (400, 413) and ended


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, chunked", b"chunked, gzip", b"identity",
                                    b"xchunked", b"chunked, chunked", b"chunked;q=1", b"\"chunked\""])
def test_odd_transfer_codings(server, coding):
    """A transfer coding other than exactly chunked is 501 (or 400), and closed."""
    reply, ended = send(server, head(b"Transfer-Encoding: " + coding) + SMUGGLED)
    assert reply.status in (400, 501) and ended
    if reply.headers.get("x-request-id"):
        assert_problem(reply, reply.status, "not-implemented" if reply.status == 501
                       else "bad-request")


def test_two_transfer_codings(server):
    """Transfer-Encoding twice is no exactly-chunked either."""
    reply, ended = send(server, head(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked")
                        + SMUGGLED)
    assert reply.status in (400, 501) and ended


def test_chunked_in_capitals(server):
    """The name of the coding is case-insensitive."""
    reply = curl(server.url("/scale"), "-H", "Transfer-Encoding: Chunked", body=BODY)
    assert reply.status in (200, 501)


@pytest.mark.parametrize("chunk", [b"zz\r\nabc\r\n", b"-1\r\nabc\r\n", b"ffffffffffffffffff\r\nabc",
                                   b"5\r\nabcdefgh\r\n", b"\r\n\r\n", b"0x3\r\nabc\r\n"])
def test_bad_chunks(server, chunk):
    """A broken chunk ends in a 4xx or a closed connection; nothing behind it is run."""
    with RawConnection(server, timeout=10) as raw:
        raw.send(head(b"Transfer-Encoding: chunked") + chunk + SMUGGLED)
        reply = raw.read_reply()
        assert reply is None or 400 <= reply.status < 500
        assert raw.ends()


@pytest.mark.parametrize("method", [b"PO\1ST", b"PO(ST", b"P{}", b"G\x7fT"])
def test_methods_that_are_no_token(server, method):
    """A method with a character that no token has is 400."""
    reply, _ = send(server, head(b"Connection: close", method=method))
    assert reply.status == 400


def test_no_host(server):
    """HTTP/1.1 without a Host is 400."""
    reply, ended = send(server, head(LENGTH, host=False) + BODY)
    assert reply.status == 400 and ended


def test_http_1_0(server):
    """HTTP/1.0 without a Host is served, and closed as it asks."""
    reply, ended = send(server, b"GET /healthz HTTP/1.0\r\n\r\n")
    assert reply.status == 200 and ended


@pytest.mark.parametrize("junk", [b"\r\n\r\n\r\n\r\n", b"\0" * 100 + b"\r\n\r\n", b"GET\r\n\r\n",
                                  b"GET / HTTP/9.9\r\nHost: t\r\n\r\n",
                                  b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(200),
                                  b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
def test_junk(server, junk):
    """What is not HTTP/1.1 ends in a refusal or a closed connection, and the server lives on."""
    with RawConnection(server, timeout=10) as raw:
        raw.send(junk)
        raw.socket.shutdown(1)
        reply = raw.read_reply("GET")
        assert reply is None or reply.status >= 400
    assert curl(server.url("/healthz")).status == 200


@pytest.mark.parametrize("size", [100000, 2000000])
def test_huge_header(server, size):
    """A header beyond the connection's memory is refused, not waited for."""
    with RawConnection(server, timeout=10) as raw:
        try:
            raw.send(head(b"X-Field: " + b"a" * size))
        except (BrokenPipeError, ConnectionResetError):
            pass
        reply = raw.read_reply("GET")
        assert reply is None or 400 <= reply.status < 500
    assert curl(server.url("/healthz")).status == 200


def test_huge_target(server):
    """A target beyond the connection's memory is 414 (or another refusal)."""
    with RawConnection(server, timeout=10) as raw:
        try:
            raw.send(b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: t\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        reply = raw.read_reply("GET")
        assert reply is None or 400 <= reply.status < 500
    assert curl(server.url("/healthz")).status == 200


def test_half_close(server):
    """A client that shuts its sending side after the request still gets its answer."""
    with RawConnection(server, timeout=10) as raw:
        raw.send(request_head("POST", "/scale", len(BODY)) + BODY)
        raw.socket.shutdown(1)
        reply = raw.read_reply()
        assert reply is not None and reply.status == 200


def test_early_hang_up(server):
    """Clients that leave at any point of a request disturb nobody."""
    whole = request_head("POST", "/scale", len(BODY)) + BODY
    for cut in range(1, len(whole), max(1, len(whole) // 40)):
        with RawConnection(server, timeout=10) as raw:
            raw.send(whole[:cut])
    assert curl(server.url("/scale"), body=BODY).status == 200


def test_error_before_a_body_keeps_framing(server):
    """A request refused before its body: the bytes of that body are never taken for a request."""
    body = SMUGGLED * 3
    with RawConnection(server, timeout=10) as raw:
        raw.send(request_head("POST", "/scale?scale=0", len(body)) + body)
        raw.send(request_head("GET", "/healthz", None, "X-Request-Id: honest"))
        assert raw.read_reply().status == 400
        reply = raw.read_reply("GET")
        assert reply is None or (reply.status == 200 and reply.request_id == "honest")
    assert "smuggled" not in server.log()
