# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Forms (multipart/form-data), as curl and browsers send them, and every request that is wrong."""
import json
import socket
import threading

import pytest

from samples import files
from support.clients import Client, RawConnection, curl
from support.judges import open_image
from test_http import assert_problem

JPEG = files.jpeg(64, 48)
BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"
TYPE = "multipart/form-data; boundary=" + BOUNDARY.decode()


def field(name, value, extra=b""):
    """A part that is no file."""
    return (b"--" + BOUNDARY + b'\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' +
            extra + b"\r\n\r\n" + (value if isinstance(value, bytes) else value.encode()) + b"\r\n")


def file(data=JPEG, name="image", filename="photo.jpg"):
    """A part that is one."""
    return field(name, data, b'; filename="' + filename.encode() + b'"\r\nContent-Type: image/jpeg')


def form(*parts):
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


def post(server, path, body, **fields):
    with Client(server) as client:
        return client.post(path, body, {"Content-Type": TYPE, **fields})


def size_of(reply):
    assert reply.status == 200, f"{reply.status} {reply.body[:300]}"
    return open_image(reply.body).size


@pytest.fixture(params=["gateway", "scale"])
def server(request, gateway, scale_server):
    return gateway if request.param == "gateway" else scale_server


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(JPEG)
    return path


def same(server, path, reply):
    """The answer to the bare image is the same bytes."""
    with Client(server) as client:
        assert client.image(path, JPEG) == reply.body


def test_curl(server, photo):
    """curl -F, with fields before and behind the file."""
    url = server.url("/image")
    reply = curl(url, "-F", f"image=@{photo}", "-F", "scale=0.5", "-F", "gray=luma")
    assert size_of(reply) == (32, 24) and open_image(reply.body).mode == "L"
    same(server, "/image?scale=0.5&gray=luma", reply)
    reply = curl(url, "-F", "scale=0.25", "-F", f"upload=@{photo};type=text/plain", "-F", "quality=90")
    same(server, "/image?scale=0.25&quality=90", reply)


@pytest.mark.parametrize("path", ["/gray", "/scale", "/image", "/image?scale=0.5"])
def test_every_path(server, path):
    """Any path takes a form, and PUT too."""
    reply = post(server, path, form(file()))
    same(server, path, reply)
    with Client(server) as client:
        put = client.request("PUT", path, form(file()), {"Content-Type": TYPE})
    assert put.status == 200 and put.body == reply.body


def test_gray_alone_stays_here(own):
    """The gateway grays a form itself: its scale server does not even run."""
    gateway = own.gateway()
    reply = post(gateway, "/image", form(field("gray", "luma"), file(), field("quality", "70")))
    assert size_of(reply) == (64, 48) and open_image(reply.body).mode == "L"
    assert_problem(post(gateway, "/gray", form(file(), field("scale", "0.5"))), 502, "scale-unavailable")


@pytest.mark.parametrize("how", ["chunked", "expect", "bytes"])
def test_framings(server, photo, how):
    """Chunked, with Expect, and byte by byte."""
    if how == "chunked":
        reply = curl(server.url("/image"), "-F", "scale=0.5", "-F", f"image=@{photo}",
                     "-H", "Transfer-Encoding: chunked")
    elif how == "expect":
        reply = curl(server.url("/image"), "-F", "scale=0.5", "-F", f"image=@{photo}",
                     "-H", "Expect: 100-continue")
        assert reply.interim == [100]
    else:
        body = form(field("scale", "0.5"), file())
        pieces = b"".join(b"1\r\n%c\r\n" % byte for byte in body)
        with RawConnection(server) as raw:
            raw.send(b"POST /image HTTP/1.1\r\nHost: t\r\nContent-Type: " + TYPE.encode() +
                     b"\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n")
            reply = raw.read_reply("POST")
    assert size_of(reply) == (32, 24)
    same(server, "/image?scale=0.5", reply)


def test_as_browsers_do(server):
    """Every field is sent: empty ones, files that were not chosen, buttons without a value."""
    reply = post(server, "/image", form(field("scale", ""), field("gray", "luma"), field("ok", ""),
                                        file(b"", "second", ""), file(), file(b"", "third", ""),
                                        field("scale", "0.5")))
    assert size_of(reply) == (32, 24) and open_image(reply.body).mode == "L"


def test_values_are_plain_text(server):
    """Nothing in a field is decoded; in a query '+' is a space and %2B is not."""
    assert_problem(post(server, "/image", form(field("scale", "%30.5"), file())), 400, "bad-parameter")
    assert size_of(post(server, "/image", form(field("scale", "+0.5"), file()))) == (32, 24)
    with Client(server) as client:
        assert client.post("/image?scale=%2B0.5", JPEG).status == 200
        assert "scale" in assert_problem(client.post("/image?scale=+0.5", JPEG), 400,
                                         "bad-parameter")["detail"]


@pytest.mark.parametrize("path, parts, name", [
    ("/image?scale=0.5", [field("scale", "0.5"), file()], "scale"),
    ("/image", [field("scale", "0.5"), file(), field("scale", "0.5")], "scale"),
    ("/image", [field("scale", "2"), file()], "scale"),
    ("/image", [file(), field("quality", "101")], "quality"),
    ("/image", [file(), field("quality", b"\xff")], "quality"),
    ("/image", [file(), field("submit", "Send")], "submit"),
    ("/image", [file(), field("qu\u00e9", "1")], "qu\u00e9"),
    ("/image?scale=", [file()], "scale"),
    ("/image?x=1", [file()], "x"),
], ids=str)
def test_bad_parameters(server, path, parts, name):
    """Unknown, repeated, out of range, no UTF-8: the answer names the parameter; the connection
    lives on."""
    with Client(server) as client:
        reply = client.post(path, form(*parts), {"Content-Type": TYPE})
        assert f"'{name}'" in assert_problem(reply, 400, "bad-parameter")["detail"]
        assert client.post("/image", JPEG).status == 200


@pytest.mark.parametrize("parts, word", [
    ([], "no file"),
    ([field("scale", "0.5")], "no file"),
    ([file(b"")], "no file"),
    ([field("image", b"")], "no file"),
    ([file(), file(name="other")], "several files"),
    ([file(), field("scale", "0.5"), file()], "several files"),
], ids=["nothing", "a field", "an empty file", "an empty field", "two", "two and a field"])
def test_number_of_files(server, parts, word):
    """One file, neither none nor several."""
    reply = post(server, "/image", form(*parts))
    assert word in assert_problem(reply, 400, "bad-request")["detail"]


@pytest.mark.parametrize("body, content_type", [
    (form(file())[:-10], TYPE),
    (form(file()).replace(b"\r\n", b"\n"), TYPE),
    (form(file()), "multipart/form-data"),
    (form(file()), "multipart/form-data; boundary=other"),
    (b"x" * 5000, TYPE),
    (b"x", TYPE),
    (form(field("a" * 5000, "1"), file()), TYPE),
    (form(field("scale", "1" * 20000), file()), TYPE),
    (form(*[field("ok", "")] * 200, file()), TYPE),
    (form(field("x", "MQ==", b"\r\nContent-Transfer-Encoding: base64"), file()), TYPE),
], ids=["cut short", "LF", "no boundary", "another boundary", "no form", "a byte", "a long name",
        "a long value", "many parts", "base64"])
def test_broken(server, body, content_type):
    """400 with a sentence, and the connection lives on."""
    with Client(server) as client:
        reply = client.post("/image", body, {"Content-Type": content_type})
        assert_problem(reply, 400, "bad-request")
        assert client.post("/image", JPEG).status == 200


def test_bare_image_that_claims_to_be_a_form(server):
    """An image is an image, whatever its Content-Type; but a form's type needs a boundary, and
    without one nobody is asked for the body."""
    same(server, "/image", post(server, "/image", JPEG))
    reply = curl(server.url("/image"), "-H", "Content-Type: multipart/form-data", "-H",
                 "Expect: 100-continue", body=JPEG)
    assert_problem(reply, 400, "bad-request")
    assert reply.interim == []


def test_what_is_wrong_with_the_file(server):
    """The file is judged as a bare image is."""
    assert_problem(post(server, "/image", form(file(b"plain text" * 100))), 415, "unsupported-format")
    assert_problem(post(server, "/image", form(file(b"%PDF"))), 415, "unsupported-format")
    assert_problem(post(server, "/image", form(file(JPEG[:-200]))), 422, "image-corrupt")
    assert_problem(post(server, "/image", b"", **{"Content-Length": "0"}), 400, "empty-body")


def test_large_file(server):
    """A file of megabytes, with fields behind it."""
    body = files.encode(files.image(1500, 1000), "PNG")
    reply = post(server, "/image", form(file(body), field("scale", "0.1")))
    assert size_of(reply) == (150, 100)


def test_early_refusal(server):
    """What the fields before the file and its first bytes show is refused before the rest is there:
    nothing of it is kept, and the answer comes at its end."""
    for parts, status in (([field("scale", "7"), file(b"")], 400), ([file(b"x" * 70000)], 415)):
        start = form(*parts)[:-len(BOUNDARY) - 8]
        with RawConnection(server) as raw:
            raw.send(b"POST /image HTTP/1.1\r\nHost: t\r\nContent-Length: 30000000\r\nContent-Type: " +
                     TYPE.encode() + b"\r\n\r\n" + start)
            raw.send(b"x" * (30000000 - len(start)))
            assert raw.read_reply("POST").status == status


def test_connection_closed_in_a_form(server):
    """A client that goes away in the middle leaves nothing behind."""
    for end in (40, 200, 1000):
        with RawConnection(server) as raw:
            raw.send(b"POST /image HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\nContent-Type: " +
                     TYPE.encode() + b"\r\n\r\n" + form(field("scale", "0.5"), file())[:end])


def fake_scale(answer, seen):
    """A server for one request; returns its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener:
            while True:
                connection, _ = listener.accept()
                with connection, connection.makefile("rb") as stream:
                    first = stream.readline()
                    fields = dict(line.split(b": ", 1) for line in iter(stream.readline, b"\r\n"))
                    length = int(fields.get(b"Content-Length", b"0"))
                    body = stream.read(length)
                    if first.startswith(b"POST"):
                        seen.append((first, fields, body))
                        connection.sendall(answer)
                        return
    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def small_answer():
    """An image, and a scale server's answer with it."""
    small = files.jpeg(20, 10)
    return small, (b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nImage-Width: 9\r\nImage-Height: 9\r\n"
                   b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(small)) + small


def test_what_the_gateway_forwards(own):
    """The scale server gets the image alone, the fields behind the query, and is not believed the
    size that it says."""
    seen = []
    small, answer = small_answer()
    gateway = own.gateway(scale__upstream=f"http://127.0.0.1:{fake_scale(answer, seen)}")
    reply = post(gateway, "/image?quality=80", form(field("scale", ".50"), file(), field("gray", "none")))
    assert reply.status == 200 and reply.body == small
    assert (reply.headers["image-width"], reply.headers["image-height"]) == ("20", "10")
    [(first, fields, body)] = seen
    assert first == b"POST /image?quality=80&scale=0.5&gray=none HTTP/1.1\r\n"
    assert body == JPEG and b"multipart" not in fields[b"Content-Type"]


@pytest.mark.parametrize("sent, forwarded", [
    ("/image?height=050&width=%31%30&fit=cover&format=jpg", "/image?height=050&width=%31%30&fit=cover&format=jpg"),
    ("/scale", "/scale"),
    ("/?scale=5e-1", "/gray?scale=5e-1"),
    ("/image?key=&background=FFaa00&key&scale=.5&%6bey=b", "/image?background=FFaa00&scale=.5"),
    ("/scale?key=a", "/scale"),
    ("/resize?width=4%30&key=a&type=", "/resize?width=4%30&type="),
])
def test_the_query_is_forwarded_unchanged(own, sent, forwarded):
    """As the client wrote it, but for `key`."""
    seen = []
    small, answer = small_answer()
    gateway = own.gateway(scale__upstream=f"http://127.0.0.1:{fake_scale(answer, seen)}")
    reply = post(gateway, sent, JPEG)
    assert reply.status == 200 and reply.body == small
    assert seen[0][0] == f"POST {forwarded} HTTP/1.1\r\n".encode()


def test_a_query_too_long_to_go_on(gateway):
    """Names that mean nothing go on too: what the scale server's room might not hold is the client's fault, and
    no failure of the scale server."""
    for length, status in ((40000, 200), (49200, 400), (60000, 400)):
        reply = post(gateway, f"/resize?width=5&x={'y' * length}", JPEG)
        assert reply.status == status, reply.body


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_image_fields(server, file_format):
    """Image-Width and Image-Height are the result's, upright, of one frame; nobody stores it."""
    animated = file_format in ("GIF", "WEBP")
    body = (files.animation(file_format, lossless=True) if animated else
            files.encode(files.image(64, 48), file_format, exif=files.exif(6)))
    for path in ("/gray", "/image", "/scale?scale=0.3"):
        reply = post(server, path, body, **{"Content-Type": "image/heic", "X-Request-Id": "mine"})
        width, height = size_of(reply)
        assert (reply.headers["image-width"], reply.headers["image-height"]) == (str(width), str(height))
        assert width > height if animated else height > width
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.request_id == "mine"


def test_problems_have_no_size(server):
    """An error has a request id, and no image's fields."""
    reply = post(server, "/image", b"no image" * 20, **{"Content-Type": "image/jpeg"})
    assert reply.status == 415 and reply.request_id == json.loads(reply.body)["request_id"]
    assert not {"image-width", "image-height"} & set(reply.headers)


def test_image_route(server):
    """/image: upright, without metadata, the same format and, but for that, the same image."""
    body = files.encode(files.image(64, 48), "PNG", exif=files.exif(6, gps=True))
    reply = post(server, "/image", body)
    result = open_image(reply.body)
    assert result.format == "PNG" and result.size == (48, 64) and b"eXIf" not in reply.body
    assert curl(server.url("/image"), "-X", "OPTIONS").headers["allow"] == "POST, PUT, OPTIONS"
    assert curl(server.url("/image")).status == 405
