# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Every parameter of /image: what is taken, what is refused and by which name, what it makes of the file.
What the operations make of the pixels is test_operations' matter."""
import io
import json
import struct
import subprocess

import numpy
import pytest
from PIL import Image, ImageCms

from samples import files, heif, jpeg, operations, pixels, png
from support.clients import Client
from support.judges import array, frames, open_image, psnr, webp_chunks
from test_http import assert_problem

PLAIN = files.jpeg(64, 48)
FORMATS = {"jpeg": b"\xff\xd8\xff", "png": b"\x89PNG", "webp": b"RIFF", "gif": b"GIF89a", "tiff": b"II*\0",
           "avif": b"\0\0\0"}


@pytest.fixture(params=["gateway", "scale_server"])
def either(request):
    """A client of each of the two servers."""
    with Client(request.getfixturevalue(request.param)) as client:
        yield client


def media_type(reply):
    assert reply.status == 200, f"{reply.status} {reply.body[:300]}"
    return reply.media_type.removeprefix("image/")


GOOD = [
    "scale=0.5", "scale=1", "scale=.25", "scale=5e-1", "width=1", "width=20&height=30", "height=16384",
    *(f"width=20&height=30&fit={fit}" for fit in operations.FITS), "fit=cover", "width=20&fit=pad",
    "width=100&enlarge=true", "enlarge=false", "linear=true&width=9", "linear=false",
    *(f"gravity={gravity}&crop=square" for gravity in operations.GRAVITIES), "gravity=smart&crop=square",
    "gravity=smart&width=20&height=30&fit=cover", "gravity=north", "gravity=0.123456789012345,1",
    "crop=0,0,1,1", "crop=63,47,1,1", "crop=10,10,1000,1000", "crop=pct:0,0,100,100",
    "crop=pct:99.999999,0.5,0.001,12.345678901234", "crop=square", "flip=h", "flip=v", "flip=hv", "rotate=90",
    "rotate=180", "rotate=270", "blur=0.3", "blur=100", "blur=2.5", "sharpen=0.3", "sharpen=10",
    "background=00ff00", "background=FFAA0080", "gray=none", "gray=luma", "gray=luminance", "format=source",
    "format=jpeg", "format=jpg", "format=tif", "format=auto", "quality=1", "quality=100", "lossless=false",
    "lossless=true", "lossless=true&format=png", "effort=0", "effort=9&format=webp", "progressive=true",
    "progressive=false&format=png", "subsampling=auto", "subsampling=420", "subsampling=444",
    "metadata=none", "metadata=copyright", "metadata=keep", "profile=keep", "profile=srgb", "animated=true",
    "animated=false", "quality=50&format=png", "background=112233&format=jpeg",
]


@pytest.mark.parametrize("query", GOOD)
def test_accepted(either, query):
    """Valid values, and parameters that merely have no effect."""
    reply = either.post(f"/image?{query}", PLAIN)
    assert reply.status == 200, f"{reply.status} {reply.body[:300]}"


BAD = {
    "scale": ["0", "2", "-1", "half", "0,5", "1.0000001"],
    "width": ["0", "-1", "1.5", "16385", "99999999999999999999", "1e2", "0x10", "ten", "%2064"],
    "height": ["0", "-1", "1.5", "16385", "65536"],
    "fit": ["contain", "Inside", "crop", "inside%20"],
    "enlarge": ["1", "yes", "TRUE", "on"],
    "linear": ["1", "yes"],
    "gravity": ["middle", "North", "0.5", "1.1,0", "-0.1,0", "0,2", "0.5,0.5,0.5", ",", "0.5,", "nan,0"],
    "crop": ["1,2,3", "1,2,3,4,5", "0,0,0,1", "0,0,1,0", "-5,0,5,5", "1.5,0,5,5", "64,0,1,1", "0,48,1,1",
             "pct:0,0,0,1", "pct:100,0,1,1", "pct:0,0,5", "pct:", "circle",
             "a,b,c,d", "99999999999999999999,0,1,1"],
    "flip": ["x", "vh", "horizontal", "H"],
    "rotate": ["45", "0", "360", "-90", "90.0"],
    "blur": ["0", "0.29", "101", "-1", "soft"],
    "sharpen": ["0", "0.29", "10.1", "-1"],
    "background": ["fff", "red", "%23ffffff", "12345", "gggggg", "1234567", "123456789"],
    "gray": ["true", "LUMA", "rec601"],
    "format": ["bmp", "heic", "JPEG", "image/png"],
    "quality": ["0", "101", "1.5", "high"],
    "lossless": ["1", "yes"],
    "effort": ["-1", "10", "1.5"],
    "progressive": ["1", "yes"],
    "subsampling": ["422", "4:2:0", "4:4:4"],
    "metadata": ["all", "strip"],
    "profile": ["p3", "sRGB"],
    "animated": ["1", "no"],
    "colour": ["1"],
}


@pytest.mark.parametrize("name", BAD)
def test_refused(either, name):
    """Each bad value, an empty one, and a repeated one: 400, and the detail has the parameter's name."""
    for value in [*BAD[name], ""]:
        problem = assert_problem(either.post(f"/image?{name}={value}", PLAIN), 400, "bad-parameter")
        assert name in problem["detail"], (value, problem)
    good = next((query for query in GOOD if query.startswith(f"{name}=") and "&" not in query), f"{name}=1")
    problem = assert_problem(either.post(f"/image?{good}&{good}", PLAIN), 400, "bad-parameter")
    assert name in problem["detail"]


def test_contain_has_a_hint(client):
    """Its meaning differs between tools; the detail says what to use."""
    detail = assert_problem(client.post("/image?fit=contain", PLAIN), 400, "bad-parameter")["detail"]
    assert "inside" in detail or "pad" in detail


@pytest.mark.parametrize("query, names", [
    ("scale=0.5&width=10", ["scale", "width"]), ("scale=0.5&height=10", ["scale", "height"]),
    ("lossless=true&quality=80", ["lossless", "quality"]),
    ("lossless=true&quality=80&format=webp", ["lossless", "quality"]),
    ("width=10&height=10&fit=pad&gravity=smart", ["gravity", "fit"]),
    ("lossless=true&width=10", ["lossless"]), ("lossless=true&blur=2", ["lossless"]),
    ("lossless=true&crop=square", ["lossless"]), ("crop=64,48,10,10", ["crop"]),
])
def test_contradictions(either, query, names):
    """What cannot be together: 400 that names both."""
    detail = assert_problem(either.post(f"/image?{query}", PLAIN), 400, "bad-parameter")["detail"]
    assert all(name in detail for name in names), detail


def test_one_size_of_each_kind(client):
    """/scale's preset gives way to any size, and every path takes every parameter."""
    for query, size in (("", (32, 24)), ("?width=16", (16, 12)), ("?height=12&rotate=90", (12, 16))):
        assert open_image(client.image(f"/scale{query}", PLAIN)).size == size
    image = open_image(client.image("/gray?width=16&format=png", PLAIN))
    assert (image.size, image.mode, image.format) == ((16, 12), "L", "PNG")


@pytest.mark.parametrize("query, words", [
    ("width=16384&height=16384&fit=fill&enlarge=true", ["limits.max_pixels"]),
    ("width=16384&height=9&fit=fill&enlarge=true&format=webp", ["16383"]),
    ("width=16384&height=10&fit=fill&enlarge=true&rotate=90&format=webp", ["16383"]),
])
def test_too_large(client, query, words):
    """Known from the header and the parameters: 422, with the limit, its value and what was asked."""
    problem = assert_problem(client.post(f"/image?{query}", PLAIN), 422, "result-too-large")
    assert all(word in problem["detail"] for word in [*words, "16384"]), problem


@pytest.mark.parametrize("gravity", ["center", "west", "0.9,0.3", "smart"])
def test_cover_needs_no_room_for_what_it_cuts(own, client, gravity):
    """Only the result counts for limits.max_pixels: a strip is cut before it is enlarged."""
    strip = files.encode(files.image(400, 8), "PNG")
    target = f"/image?width=150&height=160&fit=cover&enlarge=true&gravity={gravity}"
    with Client(own.scale(limits__max_pixels=24_000)) as bounded:
        result = array(open_image(bounded.image(target, strip)))
    expected = array(open_image(client.image(target, strip)))
    assert result.shape == expected.shape == (160, 150, 3)
    assert gravity == "smart" or psnr(result, expected) > 50


@pytest.mark.parametrize("orientation", [1, 3, 5, 6])
def test_smart_changes_nothing_where_nothing_is_cut(either, orientation):
    """However the image is turned, before and after; `gravity` is of no effect then."""
    body = files.jpeg(64, 48, exif=files.exif(orientation))
    for query in ("flip=v", "rotate=90", "flip=h&rotate=270&gray=luma", "flip=v&width=20", "rotate=90&crop=0,0,20,30",
                  "flip=h&width=20&height=20&fit=fill", "flip=v&width=20&height=20", "rotate=180&format=webp", "format=png&flip=v"):
        expected, result = (either.post(f"/image?{query}{more}", body) for more in ("", "&gravity=smart"))
        assert (result.status, result.body) == (200, expected.body), query


@pytest.mark.parametrize("colours", [2, 200, 255, 256])
@pytest.mark.parametrize("mode", ["L", "P"])
def test_a_gif_has_every_colour_if_there_are_few(client, mode, colours):
    """Those of one pixel too, which no sample of 8192 finds; gray above all. What is opaque stays so."""
    rows = numpy.zeros((150, 200), numpy.uint8)
    rows[:3].flat[:colours] = numpy.arange(colours)
    image = Image.fromarray(rows)
    if mode == "P":
        image.putpalette(numpy.random.default_rng(colours).permutation(768).astype(numpy.uint8).tobytes())
    for query in ("/image?format=gif", "/gray?format=gif", "/image?format=gif&flip=v&rotate=90"):
        reply = client.image(query, files.encode(image, "PNG"))
        expected = array(open_image(client.image(query.replace("gif", "png"), files.encode(image, "PNG"))).convert("RGB"))
        found = open_image(reply)
        assert numpy.array_equal(array(found.convert("RGB")), expected), query
        assert "transparency" not in found.info


def test_longest_side(own):
    """limits.max_side bounds parameters, and results that are longer than the source."""
    with Client(own.scale(limits__max_side=100)) as client:
        assert "width" in assert_problem(client.post("/image?width=101", PLAIN), 400,
                                         "bad-parameter")["detail"]
        assert client.post("/image?width=100&enlarge=true", PLAIN).status == 200
        detail = assert_problem(client.post("/image?height=100&enlarge=true", PLAIN), 422,
                                "result-too-large")["detail"]
        assert "limits.max_side" in detail and "100" in detail and "133" in detail
        wide = files.jpeg(200, 20)
        assert open_image(client.image("/image", wide)).size == (200, 20)


@pytest.mark.parametrize("size", [(65501, 2), (2, 65535)])
def test_sides_of_a_jpeg(either, size):
    """A side that libjpeg does not encode is refused as what the format cannot hold."""
    body = files.encode(Image.new("L", size, 128), "PNG")
    for query in ("format=jpeg", "format=jpeg&gray=luma", "format=jpeg&rotate=90"):
        detail = assert_problem(either.post(f"/image?{query}", body), 422, "result-too-large")["detail"]
        assert "JPEG" in detail and "65500" in detail and str(max(size)) in detail
    fits = files.encode(Image.new("L", (65500, 2), 128), "PNG")
    assert open_image(either.image("/image?format=jpeg", fits)).size == (65500, 2)


# --- formats ---------------------------------------------------------------------------------------

SOURCES = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP lossless", "gif": "GIF", "tiff": "TIFF",
           "avif": "AVIF", "heic": "HEIC"}


def decoded(data, name):
    return heif.decode(data, "AVIF") if name == "avif" else numpy.asarray(open_image(data).convert("RGB"))


@pytest.mark.parametrize("to", ["source", "jpeg", "png", "webp", "avif", "gif", "tiff"])
@pytest.mark.parametrize("source", SOURCES)
def test_each_to_each(client, source, to):
    """The file is what its Content-Type says, and shows the same."""
    sample = operations.source(SOURCES[source], (97, 61))
    reply = client.post(f"/image?format={to}", sample.data)
    expected = to if to != "source" else "jpeg" if source == "heic" else source
    assert media_type(reply) == expected and reply.body.startswith(FORMATS[expected])
    if expected != "avif":
        assert Image.open(io.BytesIO(reply.body)).format.lower() == expected
    result = decoded(reply.body, expected)[..., :3]
    assert psnr(result, sample.pixels[..., :3]) > (26 if expected == "gif" else 32)


@pytest.mark.parametrize("accept, expected", [
    ("image/avif,image/webp,image/apng,*/*;q=0.8", "avif"), ("image/webp,*/*", "webp"),
    ("image/webp;q=1,image/avif;q=0.1", "avif"), ("image/avif;q=0,image/webp", "webp"),
    ("image/avif; q=0.000 , image/webp;q=0.5", "webp"), ("IMAGE/WEBP", "webp"), ("*/*", "png"),
    ("image/*", "png"), ("image/png", "png"), ("", "png"), (None, "png"), ("image/webpx", "png"),
])
def test_negotiation(either, accept, expected):
    """format=auto: the first of output.auto that Accept names; q says only whether at all."""
    reply = either.post("/image?format=auto", files.encode(files.image(), "PNG"),
                        {} if accept is None else {"Accept": accept})
    assert media_type(reply) == expected
    assert "accept" in reply.headers["vary"].lower()


@pytest.mark.parametrize("target", ["/image?format=auto", "/convert?type=auto"])
def test_lines_of_accept_are_one_list(either, target):
    """RFC 9110, 5.3: several lines of a list count as one."""
    connection = either.connection
    connection.putrequest("POST", target)
    for line in ("text/html", "image/gif;q=0.5", "image/webp, */*;q=0.1", "image/apng"):
        connection.putheader("Accept", line)
    connection.putheader("Content-Length", str(len(PLAIN)))
    connection.endheaders(PLAIN)
    reply = connection.getresponse()
    assert (reply.status, reply.getheader("Content-Type"), reply.getheader("Vary")) == (200, "image/webp", "Accept")
    reply.read()


def test_vary_only_where_it_varies(client):
    reply = client.post("/image?format=webp", PLAIN, {"Accept": "image/avif"})
    assert media_type(reply) == "webp" and "accept" not in reply.headers.get("vary", "").lower()


def test_auto_chooses_what_can_hold_it(own):
    """No AVIF of an animation or above the cap; no WebP too long for it; the source's otherwise."""
    both = {"Accept": "image/avif,image/webp"}
    with Client(own.scale(output__avif_max_pixels=64 * 48)) as client:
        assert media_type(client.post("/image?format=auto", PLAIN, both)) == "avif"
        assert media_type(client.post("/image?format=auto", files.jpeg(65, 48), both)) == "webp"
        assert media_type(client.post("/image?format=avif", files.jpeg(65, 48))) == "avif"
        assert media_type(client.post("/image?format=auto&width=64", files.jpeg(128, 96), both)) == "avif"
        animation = files.animation("GIF")
        reply = client.post("/image?format=auto", animation, both)
        assert media_type(reply) == "webp" and len(frames(reply.body)) == 5
        assert media_type(client.post("/image?format=auto&animated=false", animation, both)) == "avif"
        long = files.jpeg(16400, 2)
        assert media_type(client.post("/image?format=auto", long, both)) == "jpeg"


def test_auto_is_configured(own):
    with Client(own.scale(output__auto=["webp"])) as client:
        assert media_type(client.post("/image?format=auto", PLAIN, {"Accept": "image/avif, image/webp"})) == \
            "webp"


@pytest.mark.parametrize("source, to", [("GIF", "webp"), ("WEBP", "gif"), ("GIF", "gif"), ("WEBP", "webp")])
def test_animations(client, source, to):
    """Every operation on every frame; frames, delays and loop count stay."""
    data = files.animation(source, **({"lossless": True} if source == "WEBP" else {}))
    reply = client.post(f"/image?format={to}&crop=0,0,30,30&width=20&rotate=90&flip=h&lossless="
                        f"{'true' if to == 'webp' else 'false'}", data)
    assert media_type(reply) == to
    results, expected = frames(reply.body), frames(data)
    assert [delay for _, delay in results] == [delay for _, delay in expected]
    assert {pixels.shape for pixels, _ in results} == {(20, 20, 4)}
    for (result, _), (frame, _) in zip(results, expected):
        image = Image.fromarray(frame.astype(numpy.uint8)).crop((0, 0, 30, 30)).resize((20, 20), Image.LANCZOS)
        image = image.transpose(Image.FLIP_LEFT_RIGHT).transpose(Image.ROTATE_270)
        assert psnr(result[..., :3], array(image)[..., :3]) > (20 if to == "gif" else 34)
    # Pillow gives a GIF's repetitions, of which the first is none; a WebP's count is of plays.
    loops = {"GIF": 1, "WEBP": 0}
    plays = Image.open(io.BytesIO(data)).info["loop"] + loops[source]
    assert Image.open(io.BytesIO(reply.body)).info["loop"] + loops[to.upper()] == plays


@pytest.mark.parametrize("query", ["animated=false", "format=png", "format=jpeg", "format=avif"])
def test_first_frame(client, query):
    """On request, or where the format has no animation."""
    reply = client.post(f"/image?{query}", files.animation("GIF"))
    name = media_type(reply)
    if name != "avif":
        assert getattr(open_image(reply.body), "n_frames", 1) == 1
    first = frames(files.animation("GIF"))[0][0][..., :3]
    assert psnr(decoded(reply.body, name)[..., :3], first) > 20


@pytest.mark.parametrize("source", ["GIF", "WEBP", "TIFF"])
def test_still_counts_one_frame(own, source):
    """Of an animation beyond limits.max_pixels the first frame is within them, and is all that is decoded."""
    animation = files.animation(source, frames=5)
    with Client(own.scale(limits__max_pixels=40 * 30 * 4)) as client:
        assert_problem(client.post("/image?width=20", animation), 422, "image-too-large")
        for query in ["animated=false", "format=png", "format=jpeg&width=20", "animated=false&format=webp"]:
            assert client.post(f"/image?{query}", animation).status == 200, query


# --- encoding --------------------------------------------------------------------------------------

def sampling(data):
    """Horizontal and vertical factors of luma in a JPEG."""
    frame = next(segment for segment in jpeg.split(data) if segment.marker in jpeg.SOF)
    return frame.content[7] >> 4, frame.content[7] & 15


@pytest.mark.parametrize("subsampling", ["auto", "420", "444"])
@pytest.mark.parametrize("quality", ["", "75", "89", "90", "100"])
@pytest.mark.parametrize("source, sampled", [(0, (1, 1)), (1, (2, 1)), (2, (2, 2)), ("PNG", (1, 1))])
def test_subsampling(client, source, sampled, quality, subsampling):
    """auto: 4:2:0 below quality 90, otherwise as in the source."""
    body = files.encode(files.image(), "PNG") if source == "PNG" else files.jpeg(subsampling=source)
    query = operations.given(width="40", format="jpeg", quality=quality, subsampling=subsampling)
    found = sampling(client.image("/image?" + "&".join(f"{k}={v}" for k, v in query.items()), body))
    expected = {"420": (2, 2), "444": (1, 1)}.get(subsampling)
    assert found == (expected or ((2, 2) if int(quality or 80) < 90 else sampled))


@pytest.mark.parametrize("query, expected", [("quality=80", "YUV420"), ("quality=95", "YUV444"),
                                             ("quality=95&subsampling=420", "YUV420"),
                                             ("quality=80&subsampling=444", "YUV444")])
@pytest.mark.parametrize("source", ["JPEG", "PNG", "AVIF"])
def test_subsampling_of_avif(client, tmp_path, source, query, expected):
    """By the same rules; no source is subsampled."""
    body = {"JPEG": lambda: files.jpeg(subsampling=0), "PNG": lambda: files.encode(files.image(), "PNG"),
            "AVIF": lambda: heif.encode(pixels.rgb(64, 48), "--yuv", "444", kind="AVIF")}[source]()
    assert expected in chroma_of(client.image(f"/image?format=avif&{query}", body), tmp_path)


@pytest.mark.parametrize("source", ["JPEG", "AVIF", "HEIC", "WEBP"])
def test_subsampling_of_avif_from_420(client, tmp_path, source):
    """At a high quality what the source has, whatever its format."""
    body = {"JPEG": lambda: files.jpeg(subsampling=2), "WEBP": lambda: files.encode(files.image(), "WEBP"),
            "HEIC": lambda: heif.encode(pixels.rgb(64, 48)),
            "AVIF": lambda: heif.encode(pixels.rgb(64, 48), "--yuv", "420", kind="AVIF")}[source]()
    assert "YUV420" in chroma_of(client.image("/image?format=avif&quality=95", body), tmp_path)


def chroma_of(data, folder):
    path = folder / "file.avif"
    path.write_bytes(data)
    return subprocess.run(["avifdec", "--info", path], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", ["jpeg", "png"])
def test_progressive(client, name):
    """In both formats; by default neither."""
    for value, expected in (("true", True), ("false", False), ("", False)):
        query = f"width=40&format={name}" + (f"&progressive={value}" if value else "")
        body = client.image(f"/image?{query}", files.jpeg(progressive=True))
        found = b"\xff\xc2" in body if name == "jpeg" else body[28] == 1
        assert found == expected
        assert open_image(body).size == (40, 30)


@pytest.mark.parametrize("name", ["webp", "avif", "png", "gif"])
def test_effort(client, name):
    """More of it never shows another image of that quality, and is as small or smaller for lossless."""
    body = files.encode(files.image(200, 150), "PNG")
    results = [client.image(f"/image?format={name}&effort={effort}", body) for effort in (0, 5, 9)]
    expected = array(files.image(200, 150))
    for result in results:
        assert psnr(decoded(result, name)[..., :3], expected) > (20 if name in ("gif", "webp", "avif") else 90)
    if name == "png":
        assert len(results[2]) <= len(results[0])


@pytest.mark.parametrize("name", ["webp", "webp&lossless=true", "avif", "png", "gif"])
def test_every_effort_has_time(client, name):
    """An ordinary image is refused at none of them."""
    body = files.encode(files.image(400, 300), "PNG")
    for effort in (0, 5, 9):
        assert client.post(f"/image?format={name}&effort={effort}", body).status == 200


def test_lossless_webp(client):
    """By default where a lossless source keeps its format and no quality is given."""
    lossless = files.encode(files.image(), "WEBP", lossless=True)
    lossy = files.encode(files.image(), "WEBP", quality=90)
    png_file = files.encode(files.image(), "PNG")
    for query, body, expected in (
            ("", lossless, True), ("?quality=90", lossless, False), ("?lossless=false", lossless, False),
            ("", lossy, False), ("?lossless=true", lossy, True), ("?format=webp", png_file, False),
            ("?format=webp&lossless=true", png_file, True), ("?width=30", lossless, True)):
        result = client.image(f"/image{query}", body)
        assert (b"VP8L" in webp_chunks(result)) == expected, query
    exact = client.image("/image?format=webp&lossless=true", png_file)
    assert numpy.array_equal(decoded(exact, "webp"), decoded(png_file, "png"))


def test_lossless_avif(client):
    body = files.encode(files.image(), "PNG")
    result = decoded(client.image("/image?format=avif&lossless=true", body), "avif")
    assert numpy.array_equal(result[..., :3], array(files.image()))


@pytest.mark.parametrize("query, transform", [
    ("", []), ("rotate=90", ["-rotate", "90"]), ("rotate=180", ["-rotate", "180"]),
    ("rotate=270", ["-rotate", "270"]), ("flip=h", ["-flip", "horizontal"]), ("flip=v", ["-flip", "vertical"]),
    ("flip=h&rotate=90", ["-transverse"]), ("flip=hv", ["-rotate", "180"]), ("gray=luma", ["-grayscale"]),
    ("gray=luma&rotate=90", ["-grayscale", "-rotate", "90"]),
])
@pytest.mark.parametrize("progressive", [False, True])
def test_lossless_jpeg(client, query, transform, progressive):
    """As jpegtran does, coefficient by coefficient; a copy stays as progressive as it was."""
    body = files.jpeg(64, 48, progressive=progressive)
    result = client.image(f"/image?lossless=true&{query}".rstrip("&"), body)
    expected = body
    for at, word in enumerate(transform):
        if word.startswith("-"):
            value = [transform[at + 1]] if at + 1 < len(transform) and transform[at + 1][0] != "-" else []
            expected = jpeg.jpegtran(expected, word, *value)
    assert numpy.array_equal(array(open_image(result)), array(open_image(expected)))
    assert (b"\xff\xc2" in result) == progressive


def test_lossless_jpeg_of_partial_blocks(client):
    """Where a turn would move a partial block it is refused; other turns are done."""
    body = files.jpeg(72, 48, subsampling=2) # half an MCU at the right
    assert "lossless" in assert_problem(client.post("/image?lossless=true&flip=h", body), 400,
                                        "bad-parameter")["detail"]
    assert client.post("/image?lossless=true&flip=v", body).status == 200
    turned = files.jpeg(72, 48, subsampling=2, exif=files.exif(3))
    assert_problem(client.post("/image?lossless=true", turned), 400, "bad-parameter")
    # Upright and turned back: nothing moves at all.
    assert client.post("/image?lossless=true&rotate=180", turned).status == 200


def test_lossless_jpeg_of_every_kind(either):
    """What cannot be copied, which for gray is what has no luma to copy, is 400 that names the parameter."""
    refused = 0
    for kind, body in jpeg.kinds(64, 48).items():
        for query in ("lossless=true", "lossless=true&gray=luma", "lossless=true&gray=luma&rotate=90"):
            reply = either.post(f"/image?{query}", body)
            if reply.status != 200:
                detail = assert_problem(reply, 400, "bad-parameter")["detail"]
                assert "lossless" in detail, (kind, query, detail)
                refused += 1
    assert refused >= 2


# --- metadata and profiles -------------------------------------------------------------------------

def exif_block(orientation=6):
    block = Image.Exif()
    block[0x010E], block[0x013B], block[0x8298] = "a secret description", "An Artist", "(c) Somebody"
    block[0x0112] = orientation
    block[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    return block


@pytest.fixture
def exiftool(tmp_path):
    """What exiftool finds in a file, by name."""
    def read(data):
        path = tmp_path / "file"
        path.write_bytes(data)
        out = subprocess.run(["exiftool", "-json", "-n", path], capture_output=True, check=True).stdout
        return json.loads(out)[0]
    return read


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "avif", "tiff"])
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
def test_metadata(client, exiftool, source, to):
    """none, copyright alone, or all; the orientation is applied and never written."""
    options = {"xmp": files.XMP} if source == "WEBP" else {}
    body = files.encode(files.image(64, 48), source, exif=exif_block().tobytes(), **options)
    for kind, artist, description in (("", False, False), ("none", False, False), ("copyright", True, False),
                                      ("keep", True, True)):
        result = client.image(f"/image?format={to}" + (f"&metadata={kind}" if kind else ""), body)
        found = exiftool(result)
        assert (found.get("Artist"), found.get("Copyright")) == \
            (("An Artist", "(c) Somebody") if artist else (None, None)), kind
        assert (found.get("ImageDescription") == "a secret description") == description, kind
        assert ("GPSLatitude" in found) == description, kind
        assert found.get("Orientation", 1) == 1, kind
        assert (b"secret" in result) == description, kind
        assert (found["ImageWidth"], found["ImageHeight"]) == (48, 64)


def test_thumbnail_goes(client, exiftool):
    """It would no longer match, even where everything is kept."""
    thumbnail = files.jpeg(16, 12)
    tiff = (b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) +
            struct.pack("<HHI4s", 0x013B, 2, 4, b"Me\0\0") + struct.pack("<I", 26) +
            struct.pack("<H", 2) + struct.pack("<HHII", 0x0201, 4, 1, 56) +
            struct.pack("<HHII", 0x0202, 4, 1, len(thumbnail)) + struct.pack("<I", 0) + thumbnail)
    body = files.encode(files.image(), "JPEG", exif=b"Exif\0\0" + tiff)
    assert exiftool(body).get("ThumbnailLength") == len(thumbnail)
    for query in ("width=32", "rotate=90", "quality=80"):
        result = client.image(f"/image?metadata=keep&{query}", body)
        found = exiftool(result)
        assert "ThumbnailLength" not in found and thumbnail not in result
        assert found["Artist"] == "Me"


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_profile(client, source):
    """keep: the profile and the numbers; srgb: Little CMS's numbers, and no other profile."""
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 98, "subsampling": 0}}.get(source, {})
    image = Image.fromarray(operations.positions(64, 48))
    wide = files.wide_profile()
    body = files.encode(image, source, icc_profile=wide, **options)
    kept = open_image(client.image("/image?quality=98" if source == "JPEG" else "/image", body))
    assert kept.info["icc_profile"] == wide and psnr(array(kept.convert("RGB")), array(image)) > 38
    applied = open_image(client.image("/image?profile=srgb&format=png", body))
    srgb = ImageCms.createProfile("sRGB")
    expected = ImageCms.profileToProfile(files.decode(body).convert("RGB"),
                                         ImageCms.ImageCmsProfile(io.BytesIO(wide)), srgb,
                                         ImageCms.INTENT_RELATIVE_COLORIMETRIC)
    assert psnr(array(applied.convert("RGB")), array(expected)) > 45
    profile = applied.info.get("icc_profile")
    assert profile is None or b"sRGB" in profile


@pytest.mark.parametrize("to", ["jpeg", "png", "webp", "avif", "gif", "tiff"])
@pytest.mark.parametrize("source", ["JPEG", "PNG"])
def test_gray_of_a_wide_gamut(client, source, to):
    """The profile is applied and dropped, and gray is the same in every format."""
    image, wide = Image.fromarray(operations.positions(64, 48)), files.wide_profile()
    body = files.encode(image, source, icc_profile=wide, **({"quality": 98} if source == "JPEG" else {}))
    result = client.image(f"/image?gray=luma&quality=98&format={to}", body)
    expected = ImageCms.profileToProfile(files.decode(body), ImageCms.ImageCmsProfile(io.BytesIO(wide)),
                                         ImageCms.createProfile("sRGB"),
                                         ImageCms.INTENT_RELATIVE_COLORIMETRIC).convert("L")
    gray = numpy.atleast_3d(decoded(result, to))[..., 0]
    assert psnr(gray.astype(int), array(expected)) > 42
    if to != "avif":
        assert "icc_profile" not in open_image(result).info


def test_profile_without_one(client):
    """What has none is sRGB already; CMYK becomes RGB."""
    body = files.encode(files.image(), "PNG")
    assert numpy.array_equal(array(open_image(client.image("/image?profile=srgb", body))), array(files.image()))
    image = open_image(client.image("/image?profile=srgb", files.cmyk_jpeg()))
    assert image.mode == "RGB"


def test_16_bits_are_kept_where_they_can_be(client):
    """From PNG to PNG and TIFF; rounded to eight elsewhere."""
    samples = numpy.random.default_rng(5).integers(0, 65536, (20, 30, 3), dtype=numpy.uint16)
    body = png.write(samples)
    assert numpy.array_equal(png.read(client.image("/image?rotate=180", body)), samples[::-1, ::-1])
    tiff = client.image("/image?format=tiff&lossless=true", body)
    back = png.read(client.image("/image?format=png", tiff))
    assert numpy.array_equal(back, samples)
    webp = decoded(client.image("/image?format=webp&lossless=true", body), "webp")
    assert numpy.abs(webp - samples / 257).max() <= 0.51
