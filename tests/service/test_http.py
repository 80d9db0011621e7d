# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Paths, methods, problem bodies, request ids, timing: on both servers alike."""
import os
import re
import subprocess

import pytest

from samples import files
from support.clients import Client, RawConnection, curl, request_head
from support.processes import wait_until

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif",
               "TIFF": "image/tiff"}


@pytest.fixture(params=["gateway", "scale_server"])
def server(request):
    """Each of the two shared servers."""
    return request.getfixturevalue(request.param)


def assert_problem(reply, status, kind):
    """A problem body as RFC 9457 and the contract have it."""
    assert reply.status == status, f"{reply.status} {reply.body[:300]}"
    assert reply.media_type == "application/problem+json"
    problem = reply.json()
    assert problem["type"].endswith(kind), problem
    assert problem["status"] == status
    assert problem["title"] and problem["detail"]
    assert problem["request_id"] == reply.request_id
    assert "/usr" not in problem["detail"] and "0x" not in problem["detail"]
    return problem


@pytest.mark.parametrize("path", ["/", "/gray", "/gray?scale=0.5", "/scale", "/scale?scale=0.5",
                                  "/gray?quality=50", "/gray?scale=.5&quality=50"])
def test_gateway_paths(gateway, path):
    """Each path of the gateway answers an image with an image of the same format."""
    reply = curl(gateway.url(path), body=files.jpeg(64, 48))
    assert reply.status == 200 and reply.media_type == "image/jpeg"
    image = files.decode(reply.body)
    assert image.size == ((32, 24) if "scale" in path else (64, 48))
    assert image.mode == ("RGB" if path.startswith("/scale") else "L")


@pytest.mark.parametrize("path", ["/scale", "/scale?scale=0.25", "/scale?quality=10"])
def test_scale_server_paths(scale_server, path):
    """The scale server alone answers /scale, with its default factor where none is given."""
    reply = curl(scale_server.url(path), body=files.jpeg(64, 48))
    assert reply.status == 200 and reply.media_type == "image/jpeg"
    assert files.decode(reply.body).size == ((16, 12) if "0.25" in path else (32, 24))


def test_default_factor_is_the_scale_servers(own):
    """Without a factor, the gateway's /scale uses what the scale server was started with."""
    gateway = own.gateway(own.scale(flags=["-s", "0.125"]))
    reply = curl(gateway.url("/scale"), body=files.jpeg(64, 48))
    assert files.decode(reply.body).size == (8, 6)


@pytest.mark.parametrize("file_format", MEDIA_TYPES)
def test_same_format(client, file_format):
    """Every input format comes back as itself, gray and scaled, with its media type."""
    body = files.encode(files.image(40, 30), file_format)
    for path in ("/", "/scale?scale=0.5", "/gray?scale=0.5"):
        reply = client.post(path, body)
        assert reply.status == 200, reply.body
        assert reply.media_type == MEDIA_TYPES[file_format]
        assert files.decode(reply.body).format == file_format


@pytest.mark.parametrize("claimed", ["image/png", "text/plain", "application/json", "garbage", ""])
def test_content_type_is_only_a_hint(client, claimed):
    """The bytes decide the format, not Content-Type."""
    reply = client.post("/", files.jpeg(), {"Content-Type": claimed})
    assert reply.status == 200 and reply.media_type == "image/jpeg"


def test_curl_default_content_type(gateway):
    """--data-binary without -H claims a form; the image is answered all the same."""
    assert curl(gateway.url("/"), body=files.jpeg()).status == 200


def test_put_is_like_post(server, tmp_path):
    """curl -T works."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(files.jpeg(64, 48))
    reply = curl(server.url("/scale?scale=0.5"), "-T", photo)
    assert reply.status == 200 and files.decode(reply.body).size == (32, 24)


def test_front_page(gateway):
    """GET / says what this is and has curl lines."""
    reply = curl(gateway.url("/"))
    assert reply.status == 200 and reply.media_type == "text/plain"
    assert "curl" in reply.body.decode() and "grisaille" in reply.body.decode()


@pytest.mark.parametrize("tokens", [None, "s3cret"], ids=["open", "tokens"])
def test_front_pages_curl_lines(own, tmp_path, tmp_path_factory, tokens):
    """The curl lines of GET / work as they stand, wherever the gateway listens; where images need a token, with one
    in TOKEN."""
    settings = {}
    if tokens:
        path = tmp_path_factory.mktemp("tokens") / "tokens"
        path.write_text(tokens + "\n")
        path.chmod(0o640)
        settings["auth__tokens_file"] = str(path)
    gateway = own.system(**settings)
    (tmp_path / "photo.jpg").write_bytes(files.jpeg(64, 48))
    page = curl(gateway.url("/")).body.decode()
    lines = [line.strip() for line in page.splitlines() if line.strip().startswith("curl ")]
    assert len(lines) >= 3
    for line in lines:
        subprocess.run(line, shell=True, cwd=tmp_path, check=True, capture_output=True,
                       env={**os.environ, "no_proxy": "*", "TOKEN": tokens or ""})
    sizes = {path.name: files.decode(path.read_bytes()).size for path in tmp_path.iterdir()}
    assert sizes == {"photo.jpg": (64, 48), "gray.jpg": (64, 48), "small.jpg": (32, 24),
                     "small.webp": (64, 48)}


@pytest.mark.parametrize("host", ["", "a$(touch x).example", "x;y", "\u00e9"])
def test_front_page_for_strange_hosts(gateway, host):
    """A Host that is none to paste into a shell is not in the curl lines."""
    with RawConnection(gateway) as raw:
        raw.send(b"GET / HTTP/1.1\r\nHost: " + host.encode() + b"\r\n\r\n")
        reply = raw.read_reply("GET")
    assert reply.status in (200, 400)
    assert reply.status == 400 or f"'http://localhost:{gateway.port}'" in reply.body.decode()


def test_front_page_without_a_host(gateway):
    """HTTP/1.0 needs no Host: the curl lines have the port that the client connected to."""
    with RawConnection(gateway) as raw:
        raw.send(b"GET / HTTP/1.0\r\n\r\n")
        reply = raw.read_reply("GET")
    assert f"'http://localhost:{gateway.port}/info'" in reply.body.decode()


def test_front_page_of_a_unix_socket(own, tmp_path):
    """It has no port, and a client that names no host gets the usual one."""
    path = tmp_path / "s"
    own.gateway(listen__ip=f"unix:{path}")
    reply = curl("http://localhost/", "--unix-socket", path, "--http1.0", "-H", "Host:")
    assert "'http://localhost:8080/info'" in reply.body.decode()


def test_front_page_names_the_formats(own):
    """Those of input.formats, in the text as on the page."""
    assert "\nJPEG, PNG, WebP, GIF, TIFF, AVIF and HEIC, as" in curl(own.gateway().url("/")).body.decode()
    assert "\nPNG, as" in curl(own.gateway(input__formats=["png"]).url("/")).body.decode()
    gateway = own.gateway(input__formats=["png", "jpeg"])
    text = curl(gateway.url("/")).body.decode()
    page = curl(gateway.url("/"), "-H", "Accept: text/html").body.decode()
    assert "\nJPEG and PNG, as" in text and "<p class=\"quiet\">JPEG and PNG. It is not kept.</p>" in page


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health(server, path):
    """Both servers are healthy and ready."""
    assert curl(server.url(path)).status == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_head_of_get(server, path):
    """HEAD is GET without a body: same status, same length announced."""
    get = curl(server.url(path))
    head = curl(server.url(path), "--head")
    assert head.status == get.status == 200 and head.body == b""
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("path", ["/nothing", "/gray/", "/Gray", "/healthz/x", "/../etc/passwd",
                                  "/%2e%2e/etc/passwd", "//", "/scale%00"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_other_paths(server, path, method):
    """A path that is none is 404, whatever the method."""
    body = files.jpeg() if method == "POST" else None
    assert_problem(curl(server.url(path), "-X", method, body=body), 404, "not-found")


def test_put_of_a_file(gateway, tmp_path):
    """curl -T FILE works with a path, and without one, where curl adds the file's name, the answer
    says why it does not."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(files.jpeg(64, 48))
    reply = curl(gateway.url("/gray?scale=0.5"), "-T", path)
    assert reply.status == 200 and files.decode(reply.body).size == (32, 24)
    detail = assert_problem(curl(gateway.url(), "-T", path), 404, "not-found")["detail"]
    assert "curl -T" in detail


def test_paths_of_the_scale_server(scale_server):
    """The scale server has /gray and /scale, and no page at /."""
    for path in ("/gray", "/scale"):
        assert curl(scale_server.url(path), body=files.jpeg()).status == 200
    assert_problem(curl(scale_server.url("/"), body=files.jpeg()), 404, "not-found")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "HEAD"])
def test_image_paths_take_post_and_put(server, method):
    """Another method on an image's path is 405 with what is allowed."""
    arguments = ["--head"] if method == "HEAD" else ["-X", method]
    reply = curl(server.url("/scale"), *arguments)
    assert reply.status == 405
    allowed = {name.strip() for name in reply.headers["allow"].split(",")}
    assert {"POST", "PUT", "OPTIONS"} <= allowed and method not in allowed
    if method != "HEAD":
        assert_problem(reply, 405, "method-not-allowed")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_health_takes_get(server, method):
    """/healthz is read only; a body that comes along is no matter."""
    reply = curl(server.url("/healthz"), "-X", method, body=b"x" * 1000)
    assert_problem(reply, 405, "method-not-allowed")
    assert {"GET", "HEAD"} <= {name.strip() for name in reply.headers["allow"].split(",")}


@pytest.mark.parametrize("path", ["/scale", "/healthz", "/readyz"])
def test_options(server, path):
    """OPTIONS is 204 with Allow and no body."""
    reply = curl(server.url(path), "-X", "OPTIONS")
    assert reply.status == 204 and reply.body == b"" and "OPTIONS" in reply.headers["allow"]


def test_options_asterisk(server):
    """OPTIONS * asks about the server as a whole."""
    with RawConnection(server) as raw:
        raw.send(request_head("OPTIONS", "*"))
        assert raw.read_reply("OPTIONS").status in (200, 204)


def test_unknown_method(server):
    """A method that nobody knows is 501."""
    assert_problem(curl(server.url("/scale"), "-X", "BREW"), 501, "not-implemented")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
def test_known_but_useless_methods(server, method):
    """TRACE and CONNECT are refused, and TRACE echoes nothing."""
    with RawConnection(server) as raw:
        raw.send(request_head(method, "/scale", None, "X-Secret: s3cret"))
        reply = raw.read_reply(method)
        assert reply.status in (405, 501) and b"s3cret" not in reply.body


def test_absolute_target(server):
    """A request may name the whole URL (RFC 9112, 3.2.2)."""
    with RawConnection(server) as raw:
        raw.send(request_head("GET", f"http://test:{server.port}/healthz"))
        assert raw.read_reply("GET").status == 200


@pytest.mark.parametrize("identity", ["a", "A.b_c-9", "x" * 128])
def test_sane_request_id_is_kept(server, identity):
    """The caller's own id comes back: on a 200, and in a problem's body."""
    reply = curl(server.url("/scale"), "-H", f"X-Request-Id: {identity}", body=files.jpeg())
    assert reply.status == 200 and reply.request_id == identity
    reply = curl(server.url("/nothing"), "-H", f"X-Request-Id: {identity}")
    assert assert_problem(reply, 404, "not-found")["request_id"] == identity


@pytest.mark.parametrize("identity", ["", "x" * 129, "a b", "a/b", '"', "é", "<script>", "a,b"])
def test_insane_request_id_is_replaced(server, identity):
    """An id that is not 1-128 of A-Z a-z 0-9 . _ - is replaced by a fresh one."""
    with RawConnection(server) as raw:
        raw.send(request_head("GET", "/healthz", None).replace(
            b"\r\n\r\n", b"\r\nX-Request-Id: " + identity.encode() + b"\r\n\r\n"))
        reply = raw.read_reply("GET")
    assert reply.request_id != identity and SANE_ID.fullmatch(reply.request_id)


def test_request_ids_differ(server):
    """Without an id of the caller's each answer has its own."""
    with Client(server) as client:
        seen = {client.request("GET", "/healthz").request_id for _ in range(50)}
    assert len(seen) == 50


def test_request_id_reaches_the_scale_server(own):
    """The log lines of both servers carry the caller's id."""
    scale = own.scale(log__level="debug")
    gateway = own.gateway(scale, log__level="debug")
    curl(gateway.url("/scale"), "-H", "X-Request-Id: find-me-42", body=files.jpeg())
    line = re.compile(r"find-me-42\].* path=jpeg-planes .* work_ms=[0-9.]+ ")
    for server in (gateway, scale): # the line follows the answer
        wait_until(lambda log=server.log: line.search(log()), 30, "a log line")


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5", "/gray?scale=0.5"])
def test_server_timing(client, path):
    """A 200 reports queue, work and total in milliseconds, total being the longest, and the path."""
    timing = client.post(path, files.jpeg()).headers["server-timing"]
    found = {name: float(value) for name, value in
             re.findall(r"(\w+)\s*;\s*dur=([0-9.]+)", timing)}
    description, = re.findall(r'work;dur=[0-9.]+;desc="([a-z-]+)"', timing)
    assert description == ("jpeg-luma-copy" if path == "/" else "jpeg-planes")
    assert {"queue", "work", "total"} <= found.keys(), timing
    assert 0 < found["work"] <= found["total"] < 30000 and 0 <= found["queue"] <= found["total"]


def test_keep_alive(server):
    """Eleven requests, ten of them with a body, go over one connection."""
    with Client(server) as client:
        client.request("GET", "/healthz")
        before = client.connection.sock.getsockname()
        for _ in range(10):
            assert client.post("/scale", files.jpeg()).status == 200
        assert client.connection.sock.getsockname() == before


def test_connection_close_is_honoured(server):
    """Connection: close ends the connection after the answer."""
    with RawConnection(server) as raw:
        raw.send(request_head("GET", "/healthz", None, "Connection: close"))
        assert raw.read_reply("GET").status == 200
        assert raw.ends()


def test_pipelined_requests(server):
    """Requests sent at once are answered in order."""
    with RawConnection(server) as raw:
        body = files.jpeg()
        one = request_head("POST", "/scale", len(body)) + body
        raw.send(one + request_head("GET", "/nothing") + one)
        assert [raw.read_reply().status for _ in range(3)] == [200, 404, 200]


def test_content_length_matches(client):
    """An image's answer says its length and is not compressed again."""
    reply = client.post("/", files.jpeg())
    assert int(reply.headers["content-length"]) == len(reply.body)
    assert "content-encoding" not in reply.headers


@pytest.mark.parametrize("path", ["/scale", "/gray", "/image", "/info"])
def test_key(server, path):
    """A token in the query is no parameter, and goes nowhere; one in a form is refused."""
    with Client(server) as client:
        for query in ("key=", "key=hush-7", "quality=80&%6bey=hush-7", "key=&key=hush-7&key"):
            assert client.post(f"{path}?{query}", files.jpeg()).status == 200
        reply = client.post(f"{path}?key=hush-7&quality=80&%6bey=hush-7", files.jpeg())
        if path == "/info": # as in imaginary's API the first one counts
            assert reply.status == 200
        else:
            assert "'key'" in assert_problem(reply, 400, "bad-parameter")["detail"]
        boundary = b"--b\r\nContent-Disposition: form-data; name="
        body = boundary + b'"key"\r\n\r\nhush-7\r\n' + boundary + b'"f"; filename="f"\r\n\r\n' + files.jpeg() + b"\r\n--b--\r\n"
        reply = client.post(path, body, {"Content-Type": "multipart/form-data; boundary=b"})
        assert_problem(reply, 400, "bad-parameter")
        assert "'key'" in reply.json()["detail"]
    assert "hush-7" not in server.log()
