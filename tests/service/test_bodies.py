# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Bodies that are no good image: empty, too large, too slow, of no known format, damaged, or of
too many pixels. Each gets its own problem, and the connection goes on where HTTP allows it."""
import time

import pytest

from samples import files, malformed
from support.clients import Client, RawConnection, curl, request_head
from support.processes import wait_until
from test_http import assert_problem

MIB = 1 << 20
FORMATS = {
    "JPEG": files.jpeg(200, 150),
    "JPEG progressive": files.jpeg(200, 150, progressive=True),
    "PNG": files.encode(files.image(200, 150), "PNG"),
    "PNG palette": files.encode(files.image(200, 150, "P"), "PNG"),
    "GIF": files.encode(files.image(200, 150, "P"), "GIF"),
    "GIF animation": files.animation("GIF", 80, 60),
    "WebP": files.encode(files.image(200, 150), "WEBP"),
    "WebP lossless": files.encode(files.image(200, 150), "WEBP", lossless=True),
    "WebP animation": files.animation("WEBP", 80, 60),
    "TIFF": files.encode(files.image(200, 150), "TIFF"),
    "TIFF deflate": files.encode(files.image(200, 150), "TIFF", compression="tiff_adobe_deflate"),
}


@pytest.fixture(params=["gateway", "scale_server"])
def server(request):
    """Each of the two shared servers."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("fields", [["Content-Length: 0"], [], ["Transfer-Encoding: chunked"]])
def test_empty_body(server, fields):
    """No body at all, announced in any way, is 400 empty-body, and the connection goes on."""
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/scale", None, *fields))
        if "chunked" in str(fields):
            raw.send(b"0\r\n\r\n")
        assert_problem(raw.read_reply(), 400, "empty-body")
        raw.send(request_head("GET", "/healthz"))
        assert raw.read_reply("GET").status == 200


def test_too_large_by_content_length(server):
    """40 MiB announced with Expect: refused at once, no 100 Continue, not one byte of body read."""
    with RawConnection(server) as raw:
        began = time.monotonic()
        raw.send(request_head("POST", "/scale", 40 * MIB, "Expect: 100-continue"))
        reply = raw.read_reply()
        assert_problem(reply, 413, "body-too-large")
        assert reply.interim == [] and time.monotonic() - began < 10


def test_too_large_by_curl(server, tmp_path):
    """curl with 40 MiB, which sends Expect by itself, gets its 413 at once."""
    path = tmp_path / "40MiB"
    with open(path, "wb") as out:
        out.truncate(40 * MIB)
    reply = curl(server.url("/scale"), "-X", "POST", "-T", path)
    assert_problem(reply, 413, "body-too-large")
    assert reply.seconds < 10 and reply.interim == []


def test_expect_continue(server):
    """A body that is welcome is asked for with 100 Continue."""
    body = files.jpeg()
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/scale", len(body), "Expect: 100-continue"))
        while b"\r\n\r\n" not in raw.pending:
            assert raw.fill()
        assert raw.pending.startswith(b"HTTP/1.1 100")
        raw.send(body)
        assert raw.read_reply().status == 200


def test_too_large_in_chunks(own):
    """A chunked body is refused as soon as it is known to be too large, long before its end."""
    server = own.scale(limits__max_body_bytes=MIB)
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/scale", None, "Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
        try:
            raw.send(files.jpeg()[:0] + b"%x\r\n" % len(FORMATS["PNG"]) + FORMATS["PNG"] + b"\r\n")
            for _ in range(64): # 4 MiB without an end
                raw.send(chunk)
            raw.send(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass # it hung up, which is an answer as good: the reply may still be there to read
        reply = raw.read_reply()
        assert_problem(reply, 413, "body-too-large")


def test_largest_body_is_taken(own):
    """Exactly limits.max_body_bytes pass, one more does not; both ways of framing."""
    body = FORMATS["PNG"]
    server = own.scale(limits__max_body_bytes=len(body))
    for arguments in ([], ["-H", "Transfer-Encoding: chunked"]):
        assert curl(server.url("/scale"), *arguments, body=body).status == 200
        reply = curl(server.url("/scale"), *arguments, body=body + b"\0")
        assert_problem(reply, 413, "body-too-large")


def test_chunked_image(server):
    """An image in chunks is answered as one with a length is."""
    reply = curl(server.url("/scale"), "-H", "Transfer-Encoding: chunked", body=FORMATS["PNG"])
    assert reply.status == 200 and reply.body == curl(server.url("/scale"), body=FORMATS["PNG"]).body


def test_body_that_stalls(own):
    """A body that stops coming is 408 once listen.body_timeout_ms have passed."""
    server = own.scale(listen__body_timeout_ms=1000)
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/scale", 10000) + FORMATS["JPEG"][:500])
        began = time.monotonic()
        assert_problem(raw.read_reply(), 408, "body-timeout")
        assert 0.7 < time.monotonic() - began < 6


def test_body_that_drips(own):
    """A byte now and then does not prolong listen.body_timeout_ms."""
    server = own.scale(listen__body_timeout_ms=1000)
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/scale", 10000))
        began = time.monotonic()
        raw.socket.settimeout(0.05)
        while time.monotonic() - began < 20 and b"\r\n\r\n" not in raw.pending:
            try:
                raw.send(FORMATS["JPEG"][:1])
                raw.fill()
            except TimeoutError:
                pass
            except (BrokenPipeError, ConnectionResetError):
                break
        assert time.monotonic() - began < 6
        raw.socket.settimeout(30)
        assert_problem(raw.read_reply(), 408, "body-timeout")


def test_slow_body_in_time(server):
    """A body in many small pieces is fine while it is in time."""
    body = FORMATS["JPEG"]
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/scale", len(body)))
        for start in range(0, len(body), 400):
            raw.send(body[start:start + 400])
            time.sleep(0.002)
        assert raw.read_reply().status == 200


@pytest.mark.parametrize("body", [
    b"hello, I am a text file named photo.jpg\n", b"\0", b"x" * 100000, b"%PDF-1.5\n%....",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<?xml version='1.0'?><svg/>",
    b"P6\n1 1\n255\nabc", b"BM" + bytes(100), b"\0\0\1\0\1\0" + bytes(50),
    b"\0\0\0\x1cftypisom" + bytes(100), b"\0\0\0\x18ftypqt  " + bytes(100),
    b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(50), b"\xff\x0a" + bytes(50), b"8BPS" + bytes(50),
    b"#?RADIANCE\n\n-Y 1 +X 1\n\0\0\0\0", b"v/1\1" + bytes(50), b"RIFF\x24\0\0\0WAVEfmt ",
    b"\xff\xd8", b"GIF88a" + bytes(20), b"\x89PNG", b"\x1f\x8b\x08" + bytes(30),
], ids=lambda body: repr(body[:12]))
def test_unsupported_format(server, body):
    """What is none of the formats is 415, though libvips could open it; the connection goes
    on."""
    with Client(server) as client:
        reply = client.post("/scale", body)
        if body in (b"\xff\xd8", b"\x89PNG"): # the first bytes of a format, and no more
            assert reply.status in (415, 422)
        else:
            assert_problem(reply, 415, "unsupported-format")
        assert client.post("/scale", FORMATS["JPEG"]).status == 200


def test_form_under_another_type(server, tmp_path):
    """A form whose Content-Type does not say so is no image, and the answer says why."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(FORMATS["JPEG"])
    reply = curl(server.url("/scale"), "-F", f"image=@{path}", "-H", "Content-Type: image/jpeg")
    detail = assert_problem(reply, 415, "unsupported-format")["detail"]
    assert "form" in detail and "multipart/form-data" in detail


def cuts(body):
    """Where a truncated file ends: in its header, at quarters, just before the end."""
    return sorted({16, 40, len(body) // 4, len(body) // 2, len(body) * 3 // 4, len(body) * 9 // 10,
                   len(body) - 200})


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5"])
@pytest.mark.parametrize("name", FORMATS)
def test_truncated(client, name, path):
    """A truncated image is 422 image-corrupt wherever it ends; never half an image; and the
    next request on the same connection works."""
    body = FORMATS[name]
    for cut in cuts(body):
        reply = client.post(path, body[:cut])
        assert reply.status in (415, 422), f"cut at {cut} of {len(body)}: {reply.status}"
        if cut > 16:
            assert_problem(reply, 422, "image-corrupt")
        assert client.post(path, body).status == 200


@pytest.mark.parametrize("name", ["PNG", "PNG palette", "WebP lossless", "TIFF deflate"])
def test_damaged_inside(client, name):
    """An image whose data are overwritten in the middle is 422, not an image with a hole."""
    body = bytearray(FORMATS[name])
    middle = len(body) // 2
    body[middle:middle + 64] = b"\xa5" * 64
    for path in ("/", "/scale?scale=0.5"):
        assert_problem(client.post(path, bytes(body)), 422, "image-corrupt")


def test_photograph_cut_short(gateway):
    """A real photograph cut at 90 % is 422 for gray and for scale."""
    body = files.photographs()[0].read_bytes()
    for path in ("/", "/scale?scale=0.5", "/gray?scale=0.25"):
        reply = curl(gateway.url(path), body=body[:len(body) * 9 // 10])
        assert_problem(reply, 422, "image-corrupt")


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5", "/gray?scale=0.5"])
@pytest.mark.parametrize("kind", malformed.huge_headers())
def test_too_many_pixels(client, kind, path):
    """2^31 pixels promised by a header are refused from the header, at once."""
    began = time.monotonic()
    reply = client.post(path, malformed.huge_headers()[kind])
    assert_problem(reply, 422, "image-too-large")
    assert time.monotonic() - began < 5
    assert client.post(path, FORMATS["JPEG"]).status == 200


def test_pixels_are_counted_over_frames(own):
    """limits.max_pixels is width x height x frames: exactly so many pass, one frame more does not."""
    server = own.scale(limits__max_pixels=40 * 30 * 5)
    for file_format in ("GIF", "WEBP"):
        assert curl(server.url("/scale"), body=files.animation(file_format)).status == 200
        reply = curl(server.url("/scale"), body=files.animation(file_format, frames=6))
        assert_problem(reply, 422, "image-too-large")


def test_result_too_large(own):
    """A result beyond limits.max_output_bytes is a 422, not a cut file, and nobody dies of it."""
    server = own.scale(limits__max_output_bytes=4096)
    reply = curl(server.url("/scale?scale=1"), body=files.encode(files.image(300, 300), "PNG"))
    assert "limits.max_output_bytes is 4096" in assert_problem(reply, 422, "result-too-large")["detail"]
    assert curl(server.url("/scale?scale=0.1"), body=FORMATS["JPEG"]).status == 200


def test_scan_bomb(own):
    """A JPEG of 883 legal scans is refused by limits.max_scans, long before the deadline."""
    gateway = own.system()
    bomb = malformed.scan_bomb()
    for path in ("/", "/scale?scale=0.5"):
        reply = curl(gateway.url(path), body=bomb)
        assert reply.status == 422, reply.body
        assert reply.seconds < 5


def test_gif_of_ten_thousand_frames(client):
    """10,000 frames of one pixel end within the deadline in an honest answer."""
    reply = client.post("/scale?scale=0.5", malformed.gif_of_frames(10000))
    assert reply.status in (200, 422, 504)
    assert client.post("/", FORMATS["JPEG"]).status == 200


def test_client_that_vanishes_in_an_upload(scale_server):
    """A client that hangs up in the middle of its body leaves nothing behind."""
    for _ in range(20):
        with RawConnection(scale_server) as raw:
            raw.send(request_head("POST", "/scale", 100000) + FORMATS["PNG"][:20000])
    assert curl(scale_server.url("/scale"), body=FORMATS["JPEG"]).status == 200
    wait_until(lambda: curl(scale_server.url("/readyz")).status == 200, 5, "ready")


def test_answer_goes_on_after_each_problem(server):
    """One connection: an image after each kind of refusal that leaves the framing whole."""
    with Client(server) as client:
        client.request("GET", "/healthz")
        before = client.connection.sock.getsockname()
        for path, body, status in [("/scale", b"text", 415), ("/scale?x=1", b"text", 400),
                                   ("/nothing", b"text", 404),
                                   ("/scale", FORMATS["JPEG"][:3000], 422),
                                   ("/scale?scale=nan", FORMATS["JPEG"], 400)]:
            assert client.post(path, body).status == status
            assert client.post("/scale", FORMATS["JPEG"]).status == 200
        assert client.connection.sock.getsockname() == before
