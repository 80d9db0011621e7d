# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Clients on bare sockets that know HTTP too well, or not at all: each gets the answer that RFC
9110 and 9112 ask for, the connection goes on where its framing is sound, and an honest client beside
them notices nothing. Contradictory framing is test_framing.py's, parameters test_parameters.py's."""
import http.client
import socket
import threading
import time

import pytest

from samples import files
from support.clients import RawConnection, request_head
from support.processes import wait_until
from test_http import assert_problem

BODY = files.encode(files.image(20, 10), "PNG")
HOST = b" HTTP/1.1\r\nHost: test\r\n"
CHUNKED = b"POST /scale" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
NEXT = request_head("GET", "/healthz", None, "X-Request-Id: next")
EMPTY, LAST = b"\r\n", b"0\r\n\r\n"
TOO_LONG = 200_000 # bytes, beyond a connection's memory


def short(value):
    """A test's id: the beginning of what it sends."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text[:30].encode("unicode_escape").decode() or "empty"


def post(path="/scale", body=BODY):
    return request_head("POST", path, len(body)) + body


def chunks(*pieces):
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


class Honest(threading.Thread):
    """A client from an address of its own that goes on all the while, on one connection; every
    answer must be the right one."""

    def __init__(self, server):
        super().__init__()
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=20,
                                                     source_address=("127.0.0.2", 0))
        self.over = threading.Event()
        self.right = self.ask()
        self.answers, self.wrong = 0, []

    def ask(self):
        self.connection.request("POST", "/scale", BODY)
        response = self.connection.getresponse()
        return response.status, response.read()

    def run(self):
        while not self.over.wait(0.01):
            try:
                answer = self.ask()
                self.answers += 1
                if answer != self.right:
                    self.wrong.append(answer)
            except (OSError, http.client.HTTPException) as problem:
                self.wrong.append(problem)

    def finish(self):
        self.over.set()
        self.join()
        self.connection.close()


@pytest.fixture(params=["gateway", "scale_server"])
def server(request):
    """Each of the two shared servers, with an honest client at it."""
    server = request.getfixturevalue(request.param)
    honest = Honest(server)
    honest.start()
    yield server
    wait_until(lambda: honest.answers > 0 or honest.wrong, 20, "an honest answer")
    honest.finish()
    assert honest.right[0] == 200 and honest.wrong == []


def ask(server, data, method="GET", half_close=False):
    """The first reply, and whether the connection ends behind it; a request behind what was sent
    must be answered where it does not."""
    with RawConnection(server, timeout=20) as raw:
        try:
            raw.send(data)
            if half_close:
                raw.socket.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass # refused before all was sent; the answer can still be read
        reply = raw.read_reply(method)
        assert reply is not None, "no answer"
        assert len(reply.headers["x-request-id"]) > 0
        if reply.headers.get("connection", "").lower() == "close" or half_close:
            assert raw.ends()
            return reply, True
        raw.send(NEXT)
        following = raw.read_reply("GET")
        assert following.status == 200 and following.request_id == "next"
        return reply, False


@pytest.mark.parametrize("target, status", [
    (b"/../../etc/passwd", 404), (b"/..%2f..%2fetc/passwd", 404), (b"/scale/../healthz", 404),
    (b"/./healthz", 404), (b"//healthz", 404), (b"/healthz/", 404), (b"/healthz%00", 404),
    (b"/healthz%00.png", 404), (b"/%c0%afhealthz", 404), (b"/%e0%80%afhealthz", 404),
    (b"/%c0%ae%c0%ae/etc/passwd", 404), (b"/%f8%80%80%80%af", 404), (b"/%ed%a0%80", 404),
    (b"/..\\healthz", 404), (b"/\xff", 404), (b"/healthz;a=b", 404), (b"/%", 404), (b"/%zz", 404),
    (b"/%68ealthz", 200), (b"/" + b"a" * 20000, 404),
    (b"healthz", 400), (b"%2fhealthz", 400), (b"/healthz#a", 400), (b"/heal thz", 400),
    (b"/heal\tthz", 400), (b"/heal\rthz", 400), (b"/heal\x01thz", 400), (b"\\healthz", 400),
    (b"http://test/healthz", 200), (b"HTTP://TEST:80/healthz", 200), (b"http://other/healthz", 200),
    (b"http:///healthz", 400), (b"http://", 400), (b"http:/healthz", 400), (b"http:healthz", 400),
    (b"http://:80/healthz", 400), (b"http://user@test/healthz", 400), (b"http://a\\b/healthz", 400),
    (b"http://test:x/healthz", 400), (b"ftp://test/healthz", 400), (b"file:///etc/passwd", 400),
    (b"test:80", 400), (b"*", 400), (b"**", 400),
], ids=short)
def test_targets(server, target, status):
    """A target that is no path of ours is 404, one that is no target 400; none is a file's."""
    reply, ended = ask(server, b"GET " + target + HOST + EMPTY)
    assert reply.status == status and not ended
    if status != 200:
        assert_problem(reply, status, {400: "bad-request", 404: "not-found"}[status])


@pytest.mark.parametrize("query", [b"x=1", b"%00", b"%c0%af=1", b"=", b"&", b"scale=1",
                                   b"&".join(b"p%d=1" % n for n in range(5000))], ids=short)
def test_queries(server, query):
    """What takes no parameters says so to any; a thousand are no more than one."""
    reply, ended = ask(server, b"GET /healthz?" + query + HOST + EMPTY)
    assert_problem(reply, 400, "bad-parameter")
    assert not ended


@pytest.mark.parametrize("method, path, status", [
    ("HEAD", "/scale", 405), ("HEAD", "/nothing", 404), ("HEAD", "/healthz", 200),
    ("DELETE", "/scale", 405), ("DELETE", "/healthz", 405), ("DELETE", "/nothing", 404),
    ("PATCH", "/scale", 405), ("TRACE", "/scale", 405), ("TRACE", "/healthz", 405),
    ("PUT", "/healthz", 405), ("PUT", "/scale", 200), ("PUT", "/nothing", 404),
    ("OPTIONS", "/scale", 204), ("OPTIONS", "*", 204), ("OPTIONS", "/nothing", 404),
    ("CONNECT", "test:80", 405), ("PROPFIND", "/scale", 405), ("BREW", "/scale", 501),
    ("post", "/scale", 501), ("POST", "*", 400), ("x" * 5000, "/scale", 501),
], ids=short)
def test_methods_with_a_body(server, method, path, status):
    """Every method with a body behind it: the answer is right, 405 says what is allowed, and the
    body is not taken for the next request."""
    reply, ended = ask(server, request_head(method, path, len(BODY)) + BODY, method)
    assert reply.status == status and not ended
    assert ("allow" in reply.headers) == (status in (204, 405))


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "OPTIONS", "DELETE"])
def test_nothing_is_echoed(server, method):
    """No field of a request comes back in an answer."""
    reply, _ = ask(server, request_head(method, "/scale", None, "Cookie: s3cret"), method)
    assert b"s3cret" not in reply.body and "s3cret" not in str(reply.headers)


@pytest.mark.parametrize("first", [b"POST /scale HTTP/1.1\r\nHost:", b"POST /scale HTTP/1.0\r\nX:"])
@pytest.mark.parametrize("value", [b"a/b", b"a b", b"a, b", b"user@a", b"a:b", b"[::1", b"a?b"])
def test_hosts(server, first, value):
    """A Host that is none is 400 and the end; what else a field holds is nobody's business."""
    length = b"\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    reply, ended = ask(server, first + b" " + value + length + BODY, "POST")
    if first.endswith(b"Host:"):
        assert_problem(reply, 400, "bad-request")
    else:
        assert reply.status == 200
    assert ended


@pytest.mark.parametrize("data", [
    b"GET /healthz" + HOST + b"X: " + b"a" * TOO_LONG + EMPTY * 2,
    b"GET /healthz" + HOST + b"X" * TOO_LONG + b": a" + EMPTY * 2,
    b"GET /healthz" + HOST + b"X: a\r\n" * 30000 + EMPTY,
    b"GET /healthz" + HOST + b"X: " + b"a" * TOO_LONG, # ... and no end
    CHUNKED + chunks(BODY) + b"0\r\nX: " + b"a" * TOO_LONG + EMPTY * 2,
    CHUNKED + chunks(BODY) + b"0\r\n" + b"X: a\r\n" * 30000 + EMPTY,
], ids=["value", "name", "fields", "no end", "trailer", "trailers"])
def test_header_section_without_bounds(server, data):
    """Fields beyond a connection's memory, in front of a body or behind it, are 431."""
    reply, ended = ask(server, data)
    assert_problem(reply, 431, "bad-request")
    assert ended


@pytest.mark.parametrize("data, status", [
    (b"GET /" + b"a" * TOO_LONG + HOST + EMPTY, 414), (b"GET /" + b"a" * TOO_LONG, 414),
    (b"GET /healthz HTTP/9.9\r\nHost: test\r\n\r\n", 505),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"GET /healthz\r\n\r\n", 400), (b"GET /healthz http/1.1\r\nHost: test\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.10\r\nHost: test\r\n\r\n", 400), (b"hello, world\r\n\r\n", 400),
    (b"GET\r\n\r\n", None), (b"hello\r\n\r\n", None),
], ids=short)
def test_request_lines(server, data, status):
    """A request line beyond memory, of another protocol or of none: what the library says by
    itself, once and with the right status; nothing for a line of one word; and the end."""
    with RawConnection(server, timeout=20) as raw:
        try:
            raw.send(data + NEXT)
        except (BrokenPipeError, ConnectionResetError):
            pass
        reply = raw.read_reply("GET")
        assert (reply.status if reply else None) == status
        assert raw.ends()


@pytest.mark.parametrize("body", [
    b"zz\r\nabc\r\n", b"-1\r\nabc\r\n", b"+3\r\nabc\r\n", b"0x3\r\nabc\r\n", b" 3\r\nabc\r\n",
    b"3 \r\nabc\r\n", b"\r\nabc\r\n", b";a=b\r\nabc\r\n", b"3\r\nabcdef\r\n", b"3\r\nabc0\r\n\r\n",
    b"3\r\nab\r\n", b"3;" + b"a" * TOO_LONG + b"\r\nabc\r\n", b"0" * TOO_LONG + b"3\r\nabc\r\n",
    b"3\r\nabc\r\n0\r\nno colon\r\n\r\n", chunks(BODY) + b"0\r\n \r\n\r\n",
], ids=short)
def test_chunks_that_are_none(server, body):
    """A chunk that is none, or whose size has no end, is 400 and the end; nothing behind it runs."""
    reply, ended = ask(server, CHUNKED + body + request_head("GET", "/smuggled"), "POST")
    assert_problem(reply, 400, "bad-request")
    assert ended and "/smuggled" not in server.log()


@pytest.mark.parametrize("size", [b"f" * 17, b"1" + b"0" * 16, b"9" * 100])
def test_chunk_beyond_every_number(server, size):
    """A chunk of 2^64 bytes and more is 413 before a byte of it."""
    reply, ended = ask(server, CHUNKED + size + b"\r\nabc", "POST")
    assert_problem(reply, 413, "body-too-large")
    assert ended


@pytest.mark.parametrize("body", [
    chunks(*[bytes([byte]) for byte in BODY]) + LAST,
    b"000000000000000000000000%x\r\n" % len(BODY) + BODY + b"\r\n0000000000000000000000\r\n\r\n",
    b"%X;name=value;other=\"quo;ted\"\r\n" % len(BODY) + BODY + b"\r\n0;last\r\n\r\n",
    b"%x;" % len(BODY) + b"a" * 10000 + b"\r\n" + BODY + b"\r\n" + LAST,
    chunks(BODY) + b"0\r\nX-Sum: 1\r\nContent-Length: 5\r\nHost: other\r\n"
                   b"Transfer-Encoding: gzip\r\n\r\n",
], ids=["bytes", "zeros", "extensions", "long extension", "trailers"])
def test_odd_chunks(server, body):
    """What is odd but lawful is answered, and trailers change nothing."""
    reply, ended = ask(server, CHUNKED + body, "POST")
    assert reply.status == 200 and not ended


@pytest.mark.parametrize("data", [NEXT, post(), CHUNKED + chunks(BODY[:9], BODY[9:]) + LAST],
                         ids=["GET", "POST", "chunked"])
def test_byte_by_byte(server, data):
    """A request in pieces of one byte is one request."""
    with RawConnection(server, timeout=20) as raw:
        for byte in data:
            raw.send(bytes([byte]))
            time.sleep(0.0002)
        assert raw.read_reply().status == 200


def test_pipelined_errors(server):
    """Requests sent at once, most of them wrong: each has its answer, in order; none is lost."""
    wrong = [(b"GET /nothing" + HOST + EMPTY, 404), (post("/scale?scale=0"), 400), (post(), 200),
             (b"DELETE /scale" + HOST + EMPTY, 405), (post(body=b"no image"), 415),
             (CHUNKED + chunks(BODY) + LAST, 200), (CHUNKED + LAST, 400),
             (b"BREW /" + HOST + EMPTY, 501)]
    with RawConnection(server, timeout=20) as raw:
        raw.send(b"".join(data for data, _ in wrong) * 5 + NEXT)
        assert [raw.read_reply().status for _ in range(40)] == [status for _, status in wrong] * 5
        assert raw.read_reply().request_id == "next"


def test_nothing_behind_the_last_request(server):
    """What is pipelined behind Connection: close, or behind a refusal that closes, is not run."""
    behind = request_head("GET", "/not-to-be-run") * 3
    for data in (request_head("GET", "/healthz", None, "Connection: close"),
                 request_head("POST", "/scale", 40 << 20), CHUNKED + b"x\r\n",
                 b"GET /healthz HTTP/1.0\r\n\r\n"):
        _, ended = ask(server, data + behind)
        assert ended
    assert "/not-to-be-run" not in server.log()


@pytest.mark.parametrize("data, statuses", [
    (NEXT, [200]), (CHUNKED + chunks(BODY) + LAST, [200]), (post() + NEXT + post(), [200] * 3),
    (post("/scale?scale=0"), [400]), (post(body=b"no image"), [415]),
    (request_head("POST", "/scale", 40 << 20), [413]), (CHUNKED + b"zz\r\n", [400]),
    (post()[:-5], []), (CHUNKED + chunks(BODY), []), (NEXT[:-2], []),
], ids=["GET", "chunked", "pipelined", "parameter", "format", "size", "chunk", "half a body",
        "no last chunk", "half a head"])
def test_half_close(server, data, statuses):
    """Whoever shuts its sending side down behind whole requests gets their answers; behind half a
    request, the end."""
    with RawConnection(server, timeout=20) as raw:
        raw.send(data)
        raw.socket.shutdown(socket.SHUT_WR)
        assert [raw.read_reply().status for _ in statuses] == statuses
        assert raw.ends()


def test_not_one_byte_is_read(server):
    """A body that is too large and waits for 100 Continue is refused unread: the log says so."""
    head = request_head("POST", "/scale", 40 << 20, "Expect: 100-continue", "X-Request-Id: unread")
    with RawConnection(server, timeout=20) as raw:
        raw.send(head)
        reply = raw.read_reply()
        assert_problem(reply, 413, "body-too-large")
        assert reply.interim == [] and raw.ends()
    def lines():
        return [line for line in server.log().splitlines() if "unread" in line]
    wait_until(lines, 5, "a log line")
    assert " bytes_in=0 " in lines()[0]


@pytest.mark.parametrize("expectation", ["100-Continue", "200-ok", "100-continue, x", ""])
def test_expectations(server, expectation):
    """An expectation that is none of ours may be ignored, and is."""
    reply, ended = ask(server, request_head("POST", "/scale", len(BODY), f"Expect: {expectation}")
                       + BODY, "POST")
    assert reply.status == 200 and not ended


@pytest.mark.parametrize("start, status", [
    (b"GET /drip", None), (b"GET /drip" + HOST, 408), (b"POST /scale" + HOST + b"X: ", 408),
    (request_head("POST", "/scale", 5000), 408), (CHUNKED + b"f000\r\n", 408),
    (CHUNKED + b"1;", 408), (CHUNKED + chunks(BODY) + b"0\r\nX: ", 408),
], ids=["request line", "headers", "field", "body", "chunk", "extension", "trailer"])
def test_drips(own, start, status):
    """Whatever part of a request drips ends in its time: with 408 once it is known what was asked
    for."""
    server = own.scale(listen__idle_timeout_ms=1000, listen__body_timeout_ms=1000)
    with RawConnection(server, timeout=0.02) as raw:
        raw.send(start)
        began, fill = time.monotonic(), True
        while fill and b"\r\n\r\n" not in raw.pending and time.monotonic() < began + 20:
            try:
                raw.send(b"a")
                fill = raw.fill()
            except TimeoutError:
                pass
            except (BrokenPipeError, ConnectionResetError):
                break
        assert 0.9 < time.monotonic() - began < 10
        raw.socket.settimeout(30)
        reply = raw.read_reply()
    assert (reply.status if reply else None) == status
    if reply:
        assert_problem(reply, 408, "body-timeout" if b"\r\n\r\n" in start else "bad-request")
