# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""SIGHUP: what may change does, what needs a restart is named, and an error changes nothing."""
import json
import signal
import threading
import time

import pytest

from samples import files
from support.clients import Client, RawConnection, curl, request_head
from support.processes import wait_until
from support.programs import nested
from test_http import assert_problem

BODY = files.jpeg(64, 48)
FAILS = pytest.mark.expects_errors(r"SIGHUP: nothing changes")
pytestmark = pytest.mark.threads


def lines(server):
    return [line for line in server.log().splitlines() if "SIGHUP: " in line]


def reload(server, text=None, **changes):
    """Writes the file, with changes (or as this text), and returns the line of the reload."""
    settings = {**server.settings, **{key.replace("__", "."): value for key, value in changes.items()}}
    config = server.log_path.with_suffix(".json")
    config.write_text(json.dumps(nested(settings)) if text is None else text)
    before = len(lines(server))
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(lines(server)) > before, 20, "a line about the reload")
    return lines(server)[-1]


def sizes(server, path="/gray?quality=90", **fields):
    return len(curl(server.url(path), body=files.jpeg(640, 480)).body)


def test_what_may_change(own):
    """Quality, limits, formats, timeouts and the log, without a restart; flags still override."""
    scale = own.scale(flags=["-s", "0.5"])
    default = sizes(scale, "/scale")
    line = reload(scale, output__quality=20, limits__max_side=50, limits__max_pixels=640 * 480,
                  input__formats=["jpeg"])
    assert " info " in line and line.partition("SIGHUP: ")[2] == "reloaded"
    assert sizes(scale, "/scale") < default * 0.6
    reply = curl(scale.url("/image?width=60"), body=BODY)
    assert_problem(reply, 400, "bad-parameter")
    assert "at most 50" in reply.json()["detail"]
    assert curl(scale.url("/image?width=50"), body=BODY).status == 200
    assert_problem(curl(scale.url("/image"), body=files.jpeg(641, 480)), 422, "image-too-large")
    assert_problem(curl(scale.url("/image"), body=files.encode(files.image(8, 8), "PNG")), 415, "unsupported-format")
    reload(scale)
    assert sizes(scale, "/scale") == default
    assert curl(scale.url("/image?width=60"), body=BODY).status == 200
    reload(scale, log__format="json", log__level="debug")
    assert curl(scale.url("/healthz"), "-H", "X-Request-Id: now-json").status == 200
    wait_until(lambda: '"request_id":"now-json"' in scale.log(), 10, "a line of JSON, of level debug")


def test_documents(own, tmp_path):
    """OpenAPI and the page show the limits and whether a token is needed, as they are now."""
    tokens = tmp_path / "tokens"
    tokens.write_text("one\n")
    tokens.chmod(0o640)
    gateway = own.gateway()

    def shown():
        document = curl(gateway.url("/openapi.json")).json()
        page = curl(gateway.url("/"), "-H", "Accept: text/html")
        return (document["components"]["schemas"]["width"]["maximum"], "securitySchemes" in document["components"],
                'max="50"' in page.body.decode(), '<button type="submit"' in page.body.decode())
    assert shown() == (16384, False, False, True)
    reload(gateway, limits__max_side=50, auth__tokens_file=str(tokens))
    assert shown() == (50, True, True, False)
    reload(gateway, page__enabled=False)
    assert curl(gateway.url("/"), "-H", "Accept: text/html").media_type == "text/plain"
    reload(gateway)
    assert shown() == (16384, False, False, True)


def test_timeouts(own):
    """Also on a connection that was there before."""
    server = own.gateway(listen__idle_timeout_ms=60000)
    with RawConnection(server, timeout=20) as raw:
        raw.send(request_head("GET", "/healthz"))
        assert raw.read_reply("GET").status == 200
        reload(server, listen__idle_timeout_ms=300)
        raw.send(request_head("GET", "/healthz"))
        assert raw.read_reply("GET").status == 200
        began = time.monotonic()
        assert raw.ends() and time.monotonic() - began < 10


def test_a_request_keeps_what_it_began_with(own):
    """A form whose body is under way at the reload."""
    server = own.scale()
    body = (b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n" + BODY +
            b"\r\n--b\r\nContent-Disposition: form-data; name=\"width\"\r\n\r\n60\r\n--b--\r\n")
    with RawConnection(server) as raw, RawConnection(server) as later:
        head = request_head("POST", "/image", len(body), "Content-Type: multipart/form-data; boundary=b")
        raw.send(head + body[:100])
        wait_until(lambda: raw.unread() == 0, 10, "it is read")
        time.sleep(0.2)
        reload(server, limits__max_side=50, auth__tokens_file="")
        raw.send(body[100:])
        assert raw.read_reply().status == 200
        later.send(head + body)
        assert later.read_reply().status == 400


def test_what_needs_a_restart(own):
    """It is named, and stays as it was, while the rest changes."""
    server = own.scale()
    default = sizes(server, "/scale")
    line = reload(server, output__quality=20, limits__max_body_bytes=1000, scale__workers=1,
                  listen__port=1, trusted_proxies=["10.0.0.0/8"])
    assert " warning " in line
    for key in ("limits.max_body_bytes", "scale.workers", "listen.port", "trusted_proxies"):
        assert key in line
    assert "output" not in line
    assert sizes(server, "/scale") < default * 0.6
    assert curl(server.url("/scale"), body=files.jpeg(640, 480)).status == 200


@FAILS
@pytest.mark.parametrize("text, says", [
    ("{", "broken JSON"), ('{"output": {"quality": 101}}', "output.quality"),
    ('{"nonsense": 1}', "nonsense"), ('{"limits": {"share_per_client": 0.01}}', "share_per_client"),
    ('{"auth": {"tokens_file": "/nothing/here"}}', "auth.tokens_file"),
    ('{"limits": {"share_per_client": 0.05, "max_inflight_bytes": 99999999999}}', "share_per_client")])
def test_error(own, text, says):
    """One line that says what it is; nothing changes, and the next good file counts."""
    server = own.scale(output__quality=50)
    before = sizes(server, "/scale")
    count = len(server.log().splitlines())
    line = reload(server, text)
    assert " error " in line and says in line and "nothing changes" in line
    assert len(lines(server)) == 1
    assert sizes(server, "/scale") == before
    assert "reloaded" in reload(server, output__quality=20)
    assert sizes(server, "/scale") < before
    assert count > 0


@FAILS
def test_error_at_any_level(own, tmp_path):
    """A reload that failed is in the log whatever its level is, be the tokens read again or not."""
    tokens = tmp_path / "tokens"
    tokens.write_text("first\n")
    tokens.chmod(0o640)
    server = own.scale(log__level="error", auth__tokens_file=str(tokens))
    assert "nothing changes but the tokens" in reload(server, "{")
    tokens.write_text("two words\n")
    for text in ("{", None):
        assert "nothing changes: auth.tokens_file: expected a token" in reload(server, text)
    assert len(lines(server)) == 3


@FAILS
def test_tokens(own, tmp_path):
    """The file is read again in any case: if only it has changed, and if the configuration is broken."""
    tokens = tmp_path / "tokens"

    def write(text, mode=0o640):
        tokens.write_text(text)
        tokens.chmod(mode)

    def status(token):
        return curl(server.url("/scale"), "-H", f"API-Key: {token}", body=BODY).status
    write("first\n")
    server = own.scale(auth__tokens_file=str(tokens))
    assert (status("first"), status("second")) == (200, 401)
    write("second\n")
    assert (status("first"), status("second")) == (200, 401)
    reload(server)
    assert (status("first"), status("second")) == (401, 200)
    write("third\n")
    assert "nothing changes but the tokens" in reload(server, "{")
    assert (status("second"), status("third")) == (401, 200)
    write("fourth\n", 0o644)
    assert "everyone" in reload(server)
    assert (status("third"), status("fourth")) == (200, 401)
    reload(server, auth__tokens_file="")
    assert status("whatever") == 200


def test_under_traffic(own):
    """Reloads while requests come and go: each request is answered as before or as after."""
    server = own.system()
    done, wrong, count = threading.Event(), [], [0, 0, 0]

    def ask(index, path):
        with Client(server) as client:
            while not done.is_set():
                reply = client.post(path, BODY)
                count[index] += 1
                if reply.status != 200:
                    wrong.append(reply)
    threads = [threading.Thread(target=ask, args=row) for row in
               enumerate(("/gray?quality=70", "/scale?scale=0.5", "/image?width=30"))]
    for thread in threads:
        thread.start()
    try:
        for number in range(30):
            reload(server, output__quality=20 + number, limits__client_prefix_v6=48 + number % 2,
                   listen__body_timeout_ms=10000 + number, cors__origins=[f"http://h{number}"])
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert wrong == [] and min(count) > 0, count
