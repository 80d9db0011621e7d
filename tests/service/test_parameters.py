# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Query parameters: what is a number, what is not, and that the answer names the parameter."""
import json

import pytest

from samples import files
from support.clients import curl
from test_http import assert_problem

BODY = files.jpeg(64, 48)


@pytest.fixture(params=["gateway", "scale_server"])
def server(request):
    """Each of the two shared servers."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("text, size", [
    ("1", (64, 48)), ("1.0", (64, 48)), ("1e0", (64, 48)), ("0.5", (32, 24)), (".5", (32, 24)),
    ("5e-1", (32, 24)), ("5E-1", (32, 24)), ("0.50000", (32, 24)), ("50e-2", (32, 24)),
    ("%30%2E%35", (32, 24)), ("0.01", (1, 1)), ("1e-300", (1, 1)), ("0.0078125", (1, 1)),
    ("0.5" + "0" * 200, (32, 24)),
])
def test_good_factors(server, text, size):
    """A finite decimal above 0 and at most 1, however it is written."""
    reply = curl(server.url(f"/scale?scale={text}"), body=BODY)
    assert reply.status == 200, reply.body
    assert files.decode(reply.body).size == size


@pytest.mark.parametrize("text", [
    "0", "0.0", "-0", "-0.5", "1.0000001", "2", "nan", "NaN", "inf", "-inf", "infinity", "1e309",
    "1e-400", "0x1p-1", "0x1", "0,5", "", "%20", "0.5%20", "%200.5", "+", "half", "0.5.5", "5e",
    "e5", ".", "0.5f", "1/2", "50%25", "0" * 4095 + "1", "0." + "1" * 4096, "%00", "0.5%00",
    "0.5%00garbage", "%c0%b0.5", "%ff", "%ed%a0%80", "%", "%5", "%zz", "0.5%0d%0a",
    "%D9%A0.%D9%A5",
])
def test_bad_factors(server, text):
    """Anything else is 400 and the answer names the parameter."""
    reply = curl(server.url(f"/scale?scale={text}"), body=BODY)
    problem = assert_problem(reply, 400, "bad-parameter")
    assert "scale" in problem["detail"]
    assert "\0" not in problem["detail"]


@pytest.mark.parametrize("text", ["0", "101", "-1", "1.5", "80%25", "", "high", "0x50", "1e1",
                                  "99999999999999999999", "%00", "80%00"])
def test_bad_quality(server, text):
    """quality is a whole number from 1 to 100."""
    reply = curl(server.url(f"/scale?quality={text}"), body=BODY)
    assert "quality" in assert_problem(reply, 400, "bad-parameter")["detail"]


@pytest.mark.parametrize("query, name", [
    ("scale=0.5&scale=0.5", "scale"), ("quality=1&quality=2", "quality"), ("sacle=0.5", "sacle"),
    ("scale", "scale"), ("size=100", "size"), ("SCALE=0.5", "SCALE"), ("scale=0.5&x=1", "x"),
    ("s%63ale=0.5&scale=0.5", "scale"), ("thumbnail_width_" * 8 + "=1", "thumbnail_width_"),
    ("%zz=1", "%zz"),
])
def test_unknown_repeated_empty(server, query, name):
    """A parameter that is unknown, repeated or without a value is 400 and named."""
    reply = curl(server.url(f"/scale?{query}"), body=BODY)
    assert name in assert_problem(reply, 400, "bad-parameter")["detail"]


@pytest.mark.parametrize("query", ["=0.5", "%00=1", "%ff=1", "sc%00ale=0.5"])
def test_broken_names(server, query):
    """A name that is empty or no text is 400 too, and its bytes are not echoed raw."""
    reply = curl(server.url(f"/scale?{query}"), body=BODY)
    assert_problem(reply, 400, "bad-parameter")
    reply.body.decode() # valid UTF-8


def test_percent_encoded_name(server):
    """A name is percent-decoded as a value is."""
    reply = curl(server.url("/scale?sc%61le=0.25"), body=BODY)
    assert reply.status == 200 and files.decode(reply.body).size == (16, 12)


def test_empty_query(server):
    """A bare question mark asks for nothing special."""
    assert curl(server.url("/scale?"), body=BODY).status == 200


def test_parameters_on_gray(gateway):
    """The gateway's gray paths check parameters as /scale does."""
    for path in ("/", "/gray"):
        for query in ("scale=0", "scale=2", "quality=0", "x=1"):
            reply = curl(gateway.url(f"{path}?{query}"), body=BODY)
            assert_problem(reply, 400, "bad-parameter")


@pytest.mark.parametrize("text", ["", "true", "1", "LUMA", "luma%20", "Luma", "rec601", "luma&gray=luma"])
def test_bad_gray(server, text):
    """gray is one of its words."""
    for path in ("/gray", "/scale"):
        reply = curl(server.url(f"{path}?gray={text}"), body=BODY)
        assert "gray" in assert_problem(reply, 400, "bad-parameter")["detail"]


@pytest.mark.parametrize("target, size, mode", [
    ("/gray", (64, 48), "L"), ("/gray?gray=luma", (64, 48), "L"), ("/gray?scale=0.5", (32, 24), "L"),
    ("/gray?scale=1", (64, 48), "L"), ("/gray?gray=none", (64, 48), "RGB"),
    ("/gray?gray=none&scale=0.5", (32, 24), "RGB"), ("/scale?gray=luma", (32, 24), "L"),
    ("/scale?scale=0.25&gray=luma", (16, 12), "L"), ("/scale?gray=none", (32, 24), "RGB"),
    ("/scale?gray=luma&quality=40&scale=0.29", (19, 14), "L"),
])
def test_presets(server, target, size, mode):
    """/gray presets gray, /scale its server's factor, and a parameter replaces the preset."""
    reply = curl(server.url(target), body=BODY)
    assert reply.status == 200, reply.body
    image = files.decode(reply.body)
    assert (image.size, image.mode, image.format) == (size, mode, "JPEG")


@pytest.mark.parametrize("factor, size", [
    ("0.29", 15), ("0.2899999999999999", 14), ("0.01", 1), ("0.09", 5), ("0.07", 4), ("0.99", 50),
    ("0.989999999999999999", 49),
])
def test_factors_are_exact(server, factor, size):
    """A factor is the decimal that was written: 0.29 of 50 is 15, though no double is 0.29."""
    body = files.encode(files.image(50, 50), "PNG")
    for path in ("/scale", "/gray"):
        reply = curl(server.url(f"{path}?scale={factor}"), body=body)
        assert files.decode(reply.body).size == (size, size)


def test_one_job(gateway):
    """Gray and a size are one job of the scale server's, and none of a gray child."""
    def jobs():
        return json.loads(curl(gateway.url("/readyz")).body)["workers"]["jobs"]
    before = jobs()
    assert curl(gateway.url("/gray?scale=0.5"), body=BODY).status == 200
    assert jobs() == before
    assert curl(gateway.url("/gray"), body=BODY).status == 200
    assert jobs() == before + 1


def test_parameter_before_body(server):
    """A bad parameter is reported before the body matters."""
    reply = curl(server.url("/scale?scale=0"), body=b"no image at all")
    assert_problem(reply, 400, "bad-parameter")


def test_largest_factor_is_configured(own):
    """scale.max bounds what a request may ask for, also through the gateway."""
    scale = own.scale(scale__max=0.25, scale__default=0.125)
    gateway = own.gateway(scale)
    for server in (scale, gateway):
        assert curl(server.url("/scale?scale=0.25"), body=BODY).status == 200
        reply = curl(server.url("/scale?scale=0.26"), body=BODY)
        assert "scale" in assert_problem(reply, 400, "bad-parameter")["detail"]


def test_locale_does_not_matter(own, monkeypatch):
    """Where the environment's locale writes 0,5, a request still writes 0.5."""
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    scale = own.scale()
    reply = curl(scale.url("/scale?scale=0.5"), body=BODY)
    assert files.decode(reply.body).size == (32, 24)


def sizes(client, path, body, qualities):
    return [len(client.image(f"{path}{'&' if '?' in path else '?'}quality={quality}", body))
            for quality in qualities]


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5"])
@pytest.mark.parametrize("body", [files.jpeg(200, 150),
                                  files.encode(files.image(200, 150), "WEBP", quality=90)],
                         ids=["jpeg", "lossy webp"])
def test_quality_counts_for_lossy(client, path, body):
    """More quality, more bytes, in JPEG and lossy WebP."""
    found = sizes(client, path, body, [5, 50, 98])
    assert found == sorted(found) and found[0] < found[1] < found[2]


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5"])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "GIF"])
def test_quality_is_no_matter_elsewhere(client, path, file_format):
    """In a lossless format the bytes are the same at every quality."""
    body = files.encode(files.image(), file_format)
    assert len(set(sizes(client, path, body, [1, 100]))) == 1
