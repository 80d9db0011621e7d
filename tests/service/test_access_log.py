# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""One line for each request in the log of both servers, and the trace that connects them."""
import json
import re
import shlex

import pytest

from faults.fake_scale import Fake, head
from samples import files
from support.clients import Client, RawConnection, curl, request_head
from support.processes import wait_until

BODY = files.jpeg(64, 48)
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TIMES = {"queue_ms", "work_ms", "total_ms"}


def json_lines(server, marker):
    """The lines that hold it, as objects; waits for the first."""
    def found():
        return [json.loads(line) for line in server.log().splitlines() if marker in line]
    wait_until(found, 10, f"a line with {marker}")
    return found()


def text_line(server, marker):
    """Message and fields of the line that holds it."""
    wait_until(lambda: marker in server.log(), 10, f"a line with {marker}")
    line = next(line for line in server.log().splitlines() if marker in line)
    words = shlex.split(line.partition("] ")[2])
    fields = [word for word in words if re.match(r"[a-z_]+=", word)]
    return " ".join(words[:len(words) - len(fields)]), dict(field.split("=", 1) for field in fields)


@pytest.fixture(scope="module")
def scale(fleet):
    return fleet.scale(log__format="json")


@pytest.fixture(scope="module")
def gateway(fleet, scale):
    return fleet.gateway(scale, log__format="json", trusted_proxies=["127.0.0.1"])


def test_gray(gateway):
    """An image that the gateway does itself: each field, at the default level."""
    reply = curl(gateway.url("/gray?quality=70"), "-H", "X-Request-Id: gray-1",
                 "-H", "X-Forwarded-For: 192.0.2.7", body=BODY)
    line, = json_lines(gateway, "gray-1")
    assert {key: line[key] for key in ("level", "request_id", "message", "client", "method", "route",
                                       "status", "bytes_in", "bytes_out", "format_in", "format_out",
                                       "pixels_in", "pixels_out", "path", "attempts")} == {
        "level": "info", "request_id": "gray-1", "message": "POST /gray 200", "client": "192.0.2.7",
        "method": "POST", "route": "/gray", "status": 200, "bytes_in": len(BODY),
        "bytes_out": len(reply.body), "format_in": "jpeg", "format_out": "jpeg",
        "pixels_in": 64 * 48, "pixels_out": 64 * 48, "path": "jpeg-planes", "attempts": 1}
    assert all(line[key] >= 0 for key in TIMES) and line["total_ms"] >= line["work_ms"]
    assert "problem" not in line and "upstream_ms" not in line


def test_through_the_scale_server(gateway, scale):
    """One line in each, with one id and one trace; the gateway's span is the other's parent."""
    curl(gateway.url("/image?width=16&format=webp"), "-H", "X-Request-Id: both-1", body=BODY)
    ours, = json_lines(gateway, "both-1")
    theirs, = json_lines(scale, "both-1")
    for line in (ours, theirs):
        assert (line["route"], line["status"], line["format_out"], line["pixels_out"]) == (
            "/image", 200, "webp", 16 * 12)
        assert (line["format_in"], line["pixels_in"], line["attempts"]) == ("jpeg", 64 * 48, 1)
    assert ours["upstream_ms"] >= theirs["work_ms"] and ours["path"] == theirs["path"]
    assert re.fullmatch("[0-9a-f]{32}", ours["trace_id"]) and ours["trace_id"] == theirs["trace_id"]
    assert theirs["parent_id"] == ours["span_id"] != theirs["span_id"]
    assert "parent_id" not in ours


def test_trace_of_the_client(gateway, scale):
    """A valid traceparent is continued by both; tracestate goes through unchanged."""
    curl(gateway.url("/scale"), "-H", "X-Request-Id: trace-1",
         "-H", f"traceparent: 00-{TRACE}-{PARENT}-01", "-H", "tracestate: a=1", "-H",
         "tracestate: b=2", body=BODY)
    ours, = json_lines(gateway, "trace-1")
    theirs, = json_lines(scale, "trace-1")
    assert ours["trace_id"] == theirs["trace_id"] == TRACE
    assert ours["parent_id"] == PARENT and theirs["parent_id"] == ours["span_id"]


@pytest.mark.parametrize("sent", ["a=1,\tb=2", "a=1 ,  b=2"])
def test_tracestate_as_it_came(own, sent):
    """White space around the members, tabs included, is the client's."""
    def answer(connection, _body):
        connection.sendall(head(200, "image/jpeg", len(BODY)) + BODY)
        return True
    fake = Fake(answer)
    try:
        with RawConnection(own.gateway(**{"scale.upstream": fake.address})) as raw:
            raw.send(request_head("POST", "/scale", len(BODY), f"traceparent: 00-{TRACE}-{PARENT}-01",
                                  f"tracestate: {sent}") + BODY)
            assert raw.read_reply().status == 200
    finally:
        fake.close()
    assert f"\r\ntracestate: {sent}\r\n".encode() in fake.heads[-1]


@pytest.mark.parametrize("fields", [
    [f"traceparent: 00-{TRACE}-{PARENT}"], [f"traceparent: ff-{TRACE}-{PARENT}-01"],
    [f"traceparent: 00-{'0' * 32}-{PARENT}-01"], [f"traceparent: 00-{TRACE}-{'0' * 16}-01"],
    [f"traceparent: 00-{TRACE}-{PARENT}-01"] * 2], ids=["short", "version", "trace", "parent", "two"])
def test_invalid_trace(gateway, fields):
    """Anything else begins a new one."""
    with RawConnection(gateway) as raw:
        raw.send(request_head("POST", "/gray", len(BODY), "X-Request-Id: new-trace", *fields) + BODY)
        assert raw.read_reply().status == 200
    line = json_lines(gateway, "new-trace")[-1]
    assert re.fullmatch("[0-9a-f]{32}", line["trace_id"]) and line["trace_id"] not in (TRACE, "0" * 32)
    assert "parent_id" not in line


def test_problems(gateway):
    """Refusals say which problem it was, whoever found it."""
    with Client(gateway) as client:
        for path, body, status, problem in (
                ("/scale?scale=9", BODY, 400, "bad-parameter"), ("/none", BODY, 404, "not-found"),
                ("/gray", b"GIF? no, text" * 9, 415, "unsupported-format"),
                ("/image?blur=2", files.jpeg(640, 480)[:-3000], 422, "image-corrupt")):
            name = f"problem-{status}"
            assert client.post(path, body, {"X-Request-Id": name}).status == status
            line = json_lines(gateway, name)[-1]
            assert (line["status"], line["problem"]) == (status, problem)
            assert line["route"] == ("other" if status == 404 else path.partition("?")[0])
        client.request("DELETE", "/gray", headers={"X-Request-Id": "problem-405"})
    line, = json_lines(gateway, "problem-405")
    assert (line["method"], line["route"], line["problem"]) == ("DELETE", "/gray", "method-not-allowed")


def test_client_that_left(gateway):
    """A request without an answer has its line as well."""
    with RawConnection(gateway) as raw:
        raw.send(request_head("POST", "/gray", len(BODY), "X-Request-Id: left-1") + BODY[:50])
    line, = json_lines(gateway, "left-1")
    assert (line["status"], line["problem"], line["bytes_in"]) == (499, "client-gone", 50)


@pytest.mark.parametrize("layout", ["json", "text"])
def test_what_a_client_chooses(own, layout):
    """It is escaped, and of the query nothing appears, whatever becomes of the request."""
    server = own.scale(log__format=layout)
    with RawConnection(server) as raw:
        for target in ("/a%22%0a\"\\=b?key=hush-1&x=hush-2", "/scale?key=hush-1&scale=hush-2",
                       "/scale?hush-3"):
            raw.send(request_head("POST", target, len(BODY), "X-Request-Id: own-words",
                                  "Authorization: Bearer hush-4", "API-Key: hush-5") + BODY)
            assert raw.read_reply().status in (400, 404)
    wait_until(lambda: server.log().count("own-words") == 3, 10, "three lines")
    lines = [line for line in server.log().splitlines() if "own-words" in line]
    if layout == "json":
        assert [json.loads(line)["message"] for line in lines] == [
            'POST /a%22%0a"\\=b 404', "POST /scale 400", "POST /scale 400"]
    assert "hush" not in server.log()


def test_text(own):
    """The text form: the message, then fields."""
    server = own.scale()
    curl(server.url("/scale?scale=0.5"), "-H", "X-Request-Id: text-1", "-H",
         f"traceparent: 00-{TRACE}-{PARENT}-00", body=BODY)
    message, fields = text_line(server, "text-1")
    assert message == "POST /scale 200"
    assert fields["client"] == "127.0.0.1" and fields["status"] == "200"
    assert fields["trace_id"] == TRACE and fields["parent_id"] == PARENT
    assert fields["pixels_out"] == str(32 * 24) and re.fullmatch(r"\d+\.\d{3}", fields["total_ms"])


def test_health_checks_are_quiet(own):
    """They are lines of level debug."""
    server = own.scale()
    assert curl(server.url("/healthz"), "-H", "X-Request-Id: quiet-1").status == 200
    assert curl(server.url("/none"), "-H", "X-Request-Id: loud-1").status == 404
    wait_until(lambda: "loud-1" in server.log(), 10, "a line")
    assert "quiet-1" not in server.log()
