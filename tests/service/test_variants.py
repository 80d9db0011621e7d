# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""All that can be asked of an image, of both servers alike: what comes out, and what is refused."""
import json

import pytest

from samples import files
from support.clients import curl
from test_http import assert_problem

BODY = files.jpeg(64, 48)
BROWSER = "image/avif,image/webp,image/apng,*/*;q=0.8"


@pytest.fixture(params=["gateway", "scale_server"])
def server(request):
    """Each of the two shared servers."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("query, size", [
    ("width=32", (32, 24)), ("height=12", (16, 12)), ("width=30&height=30", (30, 23)),
    ("width=30&height=30&fit=cover", (30, 30)), ("width=30&height=30&fit=fill", (30, 30)),
    ("width=30&height=30&fit=pad", (30, 30)), ("width=30&height=30&fit=outside", (40, 30)),
    ("width=100", (64, 48)), ("width=128&enlarge=true", (128, 96)), ("crop=square", (48, 48)),
    ("crop=10,10,20,30", (20, 30)), ("crop=60,40,20,30", (4, 8)), ("crop=pct:0,0,50,25", (32, 12)),
    ("crop=-10,-5,20,20", (10, 15)),
    ("crop=pct:-25,-50,75,100.5", (32, 24)), ("crop=pct:-0.5,90,1e6,1e17", (64, 5)), ("rotate=90", (48, 64)), ("rotate=180&flip=hv", (64, 48)),
    ("width=20&rotate=270", (15, 20)), ("width=32&height=32&fit=cover&gravity=northwest", (32, 32)),
    ("width=32&height=32&fit=cover&gravity=0.25,0.75", (32, 32)),
    ("width=32&height=32&fit=cover&gravity=smart", (32, 32)), ("blur=1.5&sharpen=0.5", (64, 48)),
    ("width=32&linear=true&background=00ff0080", (32, 24)), ("gray=luminance", (64, 48)),
])
def test_sizes(server, query, size):
    """Exactly the size that was asked for, which the answer names."""
    reply = curl(server.url(f"/image?{query}"), body=BODY)
    assert reply.status == 200, reply.body
    assert files.decode(reply.body).size == size
    assert (int(reply.headers["image-width"]), int(reply.headers["image-height"])) == size


@pytest.mark.parametrize("query, media_type", [
    ("format=source", "jpeg"), ("format=jpg", "jpeg"), ("format=png", "png"), ("format=gif", "gif"),
    ("format=webp&lossless=true", "webp"), ("format=webp&effort=2", "webp"), ("format=tif", "tiff"),
    ("format=avif&effort=1&subsampling=444", "avif"), ("progressive=true&subsampling=420", "jpeg"),
    ("metadata=keep&profile=srgb", "jpeg"), ("metadata=copyright&animated=false", "jpeg"),
])
def test_formats(server, query, media_type):
    reply = curl(server.url(f"/image?{query}"), body=BODY)
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == f"image/{media_type}"
    assert "vary" not in reply.headers


@pytest.mark.parametrize("query, names", [
    ("scale=0.5&width=3", ["scale", "width"]), ("scale=0.5&height=3", ["scale", "height"]),
    ("lossless=true&quality=50", ["lossless", "quality"]), ("gravity=smart&fit=pad", ["gravity", "pad"]),
    ("fit=contain", ["fit", "contain", "inside"]), ("fit=covers", ["fit"]), ("width=0", ["width"]),
    ("width=16385", ["width"]), ("height=1.5", ["height"]), ("enlarge=1", ["enlarge"]),
    ("gravity=up", ["gravity"]), ("gravity=0.5", ["gravity"]), ("gravity=0.5,1.1", ["gravity"]),
    ("crop=1,2,3", ["crop"]), ("crop=1,2,3,0", ["crop"]), ("crop=1,2,3,4,5", ["crop"]),
    ("crop=64,0,5,5", ["crop"]), ("crop=-5,0,5,5", ["crop"]), ("crop=pct:100,0,5,5", ["crop"]),
    ("crop=pct:0,0,0,5", ["crop"]), ("crop=pct:-5,0,5,5", ["crop"]),
    ("crop=pct:--5,0,9,9", ["crop"]), ("crop=pct:-1e17,0,1,1", ["crop"]), ("crop=pct:0,0,-1,5", ["crop"]), ("crop=1.5,0,5,5", ["crop"]), ("flip=x", ["flip"]),
    ("rotate=45", ["rotate"]), ("blur=0.29", ["blur"]), ("blur=101", ["blur"]),
    ("sharpen=10.01", ["sharpen"]), ("background=fff", ["background"]),
    ("background=%23ffffff", ["background"]), ("background=gggggg", ["background"]),
    ("format=bmp", ["format"]), ("format=heic", ["format"]), ("effort=10", ["effort"]),
    ("effort=-1", ["effort"]), ("subsampling=422", ["subsampling"]), ("profile=p3", ["profile"]),
    ("metadata=all", ["metadata"]), ("animated=no", ["animated"]), ("lossless=yes", ["lossless"]),
    ("lossless=true&width=10", ["lossless"]),
])
def test_refusals(server, query, names):
    """400, and the detail names what is wrong: of a contradiction both."""
    reply = curl(server.url(f"/image?{query}"), body=BODY)
    detail = assert_problem(reply, 400, "bad-parameter")["detail"]
    assert all(name in detail for name in names), detail


def test_contradictions_on_info(server):
    """Parameters of /info mean nothing, but must be in order."""
    assert curl(server.url("/info?width=10&format=auto"), body=BODY).status == 200
    assert_problem(curl(server.url("/info?scale=1&width=10"), body=BODY), 400, "bad-parameter")


@pytest.mark.parametrize("accept, media_type", [
    (BROWSER, "avif"), ("image/webp", "webp"), ("image/WebP;q=0.1, image/avif;q=0", "webp"),
    ("image/*", "jpeg"), ("*/*", "jpeg"), ("image/png", "jpeg"), ("", "jpeg"),
    ("image/avif; q=0.000, image/webp ; q=0.5", "webp"), ("text/html,image/avif ,*/*", "avif"),
])
def test_auto(server, accept, media_type):
    """The first of output.auto that Accept names, and nothing for ranges."""
    reply = curl(server.url("/image?format=auto&width=32"), "-H", f"Accept: {accept}", body=BODY)
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"] == f"image/{media_type}"
    assert reply.headers["vary"] == "Accept"


def test_auto_varies_where_it_fails(server):
    """Whatever is wrong with the rest of the request."""
    for query, body, status, name in (("crop=99,0,1,1", BODY, 400, "bad-parameter"), ("width=0", BODY, 400, "bad-parameter"),
                                      ("width=9", b"", 400, "empty-body"), ("width=9", b"text" * 9, 415, "unsupported-format"),
                                      ("width=9", BODY[:-99], 422, "image-corrupt")):
        reply = curl(server.url(f"/image?format=auto&{query}"), body=body)
        assert_problem(reply, status, name)
        assert reply.headers["vary"] == "Accept", query
        assert "vary" not in curl(server.url(f"/image?format=webp&{query}"), body=body).headers


def test_auto_chooses_what_takes_long_no_more_than_what_cannot_hold_it(own):
    """The next format, and at last the source's, where the estimate does not fit the deadline."""
    body = files.jpeg(2000, 1600)
    scale = own.scale(limits__deadline_ms=1000)
    gateway = own.gateway(scale, limits__deadline_ms=1000)
    for server in (scale, gateway):
        assert_problem(curl(server.url("/image?format=webp"), body=body), 422, "result-too-large")
        reply = curl(server.url("/image?format=auto"), "-H", f"Accept: {BROWSER}", body=body)
        assert (reply.status, reply.headers["content-type"]) == (200, "image/jpeg"), reply.body[:300]


def test_auto_is_configured(own):
    """output.auto orders, and output.avif_max_pixels ends what it may choose."""
    scale = own.scale(output__auto=["avif", "webp"], output__avif_max_pixels=1000)
    gateway = own.gateway(scale)
    for server in (scale, gateway):
        for query, media_type in (("width=64", "webp"), ("width=32", "avif")):
            reply = curl(server.url(f"/image?format=auto&{query}"), "-H", f"Accept: {BROWSER}",
                         body=BODY)
            assert reply.headers["content-type"] == f"image/{media_type}"


def test_results_that_are_too_large(own):
    """A side beyond limits.max_side, and what a format cannot hold: named, before any work."""
    scale = own.scale(limits__max_side=100, limits__max_pixels=50000)
    gateway = own.gateway(scale, limits__max_side=100, limits__max_pixels=50000)
    wide = files.encode(files.image(16400, 2), "PNG")
    for server in (scale, gateway):
        for query, body, name in (("height=100&enlarge=true", BODY, "limits.max_side"),
                                  ("format=webp", wide, "WebP")):
            reply = curl(server.url(f"/image?{query}"), body=body)
            assert name in assert_problem(reply, 422, "result-too-large")["detail"]


def test_gray_children_do_gray_alone(gateway):
    """With what only says how gray is written; anything else is the scale server's."""
    def jobs():
        return json.loads(curl(gateway.url("/readyz")).body)["workers"]["jobs"]
    for query, own_job in (("quality=50", True), ("progressive=true&effort=3", True),
                           ("gray=luminance", True), ("profile=keep&format=source", True),
                           ("metadata=keep&lossless=false", True), ("profile=srgb", False),
                           ("format=png", False), ("rotate=90", False), ("fit=cover", False)):
        before = jobs()
        assert curl(gateway.url(f"/gray?{query}"), body=BODY).status == 200, query
        assert jobs() - before == own_job, query


def test_input_formats_are_configured(own):
    scale = own.scale(input__formats=["png"])
    gateway = own.gateway(scale, input__formats=["png"])
    for server in (scale, gateway):
        for path in ("/image", "/info", "/gray"):
            assert curl(server.url(path), body=files.encode(files.image(8, 8), "PNG")).status == 200
            problem = assert_problem(curl(server.url(path), body=BODY), 415, "unsupported-format")
            assert "JPEG" in problem["detail"]
