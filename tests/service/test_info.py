# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""/info: what the header says, beside Pillow, for every format and kind; without a worker."""
import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from samples import files, heif, png
from support.clients import Client
from test_forms import TYPE, file, form, field
from test_http import assert_problem

MEMBERS = ["format", "media_type", "width", "height", "orientation", "frames", "loop", "bits", "channels",
           "alpha", "colourspace", "profile", "progressive", "subsampling", "bytes", "type", "space", "hasAlpha", "hasProfile"]


@pytest.fixture(params=["gateway", "scale"])
def server(request, gateway, scale_server):
    return gateway if request.param == "gateway" else scale_server


def info(server, body, path="/info", headers=None):
    with Client(server) as client:
        reply = client.post(path, body, headers)
    assert reply.status == 200, reply.body
    assert reply.media_type == "application/json" and "image-width" not in reply.headers
    found = reply.json()
    assert list(found) == MEMBERS and found["bytes"] == len(body)
    return found


def by_pillow(body):
    """The members that Pillow knows, too."""
    image = Image.open(io.BytesIO(body))
    orientation = image.getexif().get(274, 0)
    size = image.size[::-1] if orientation >= 5 else image.size
    alpha = image.mode in ("LA", "RGBA") or "transparency" in image.info
    colours = {"L": "gray", "LA": "gray", "I;16": "gray", "1": "gray", "CMYK": "cmyk", "LAB": "lab"}
    return {"format": image.format.lower(), "media_type": Image.MIME[image.format], "width": size[0],
            "height": size[1], "orientation": orientation, "frames": getattr(image, "n_frames", 1),
            "alpha": alpha, "colourspace": colours.get(image.mode, "srgb")}


def sized(mode, file_format, **options):
    return files.encode(files.image(64, 48, mode), file_format, **options)


IMAGES = {f"{file_format} {mode}": (mode, file_format, {}) for file_format, modes in {
    "JPEG": ["L", "RGB", "CMYK"], "PNG": ["L", "LA", "RGB", "RGBA", "P", "1"],
    "WEBP": ["RGB", "RGBA"], "GIF": ["L", "P"], "TIFF": ["L", "RGB", "RGBA", "CMYK", "LAB", "1"]}.items()
          for mode in modes} | {
    "WEBP lossless": ("RGB", "WEBP", {"lossless": True}), "WEBP lossless alpha": ("RGBA", "WEBP", {"lossless": True}),
    "PNG tRNS": ("RGB", "PNG", {"transparency": (1, 2, 3)}), "GIF alpha": ("P", "GIF", {"transparency": 0}),
    "JPEG progressive": ("RGB", "JPEG", {"progressive": True})}


def test_field_chooses_among_files(server):
    """As on imaginary's paths; without it a form has one file, as everywhere else."""
    body = form(file(sized("RGB", "JPEG"), name="file"), file(files.jpeg(20, 10), name="other"))
    with Client(server) as client:
        for query, width in (("?field=other", 20), ("?field=file", 64), ("?key=&field=file&field=other", 64)):
            reply = client.post("/info" + query, body, {"Content-Type": TYPE})
            assert reply.status == 200 and reply.json()["width"] == width, reply.body
        for query in ("", "?field=", "?field=third"):
            assert_problem(client.post("/info" + query, body, {"Content-Type": TYPE}), 400, "bad-request")
        reply = client.post("/info?field=third", form(file(files.jpeg(20, 10))), {"Content-Type": TYPE})
        assert reply.status == 200 and reply.json()["width"] == 20


@pytest.mark.parametrize("kind", IMAGES)
def test_kinds(server, kind):
    """Format, size, alpha and colours are Pillow's."""
    mode, file_format, options = IMAGES[kind]
    image = Image.new(mode, (64, 48)) if mode in ("LAB", "1", "P") else files.image(64, 48, mode)
    body = files.encode(image, file_format, **options)
    found, expected = info(server, body), by_pillow(body)
    if file_format == "GIF":
        expected["colourspace"] = "srgb" # a palette, which Pillow takes for gray if it is
    assert {name: found[name] for name in expected} == expected
    assert found["progressive"] == ("progressive" in kind) and found["profile"] is None
    colours = {"gray": 1, "srgb": 3, "lab": 3, "cmyk": 4}[found["colourspace"]]
    assert found["channels"] == colours + found["alpha"]
    assert found["bits"] == (1 if mode == "1" or kind == "PNG P" else 8)


AVIF = {"colour": ("RGB", "420", ("srgb", 3, False, 8)), "gray": ("RGB", "400", ("gray", 1, False, 8)),
        "alpha": ("RGBA", "444", ("srgb", 4, True, 8)), "10 bits": ("RGB", "422", ("srgb", 3, False, 10))}


@pytest.mark.parametrize("kind", AVIF)
def test_avif(server, kind):
    """Colours, alpha, bits and chroma as the encoder was asked for."""
    mode, chroma, expected = AVIF[kind]
    pixels = np.asarray(files.image(64, 48, mode))
    found = info(server, heif.encode(pixels, "-y", chroma, "-d", expected[3], kind="AVIF"))
    assert (found["format"], found["type"], found["width"], found["height"]) == ("avif", "avif", 64, 48)
    assert tuple(found[name] for name in ("colourspace", "channels", "alpha", "bits")) == expected
    assert found["space"] == {"gray": "b-w", "10 bits": "rgb16"}.get(kind, "srgb")
    assert found["subsampling"] == (chroma if chroma != "400" else None)


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
def test_heif_properties(server, kind):
    """The size as the file turns it; its profile; an auxiliary image that is alpha."""
    pixels = np.asarray(files.image(64, 48, "RGB"))
    item = heif.coded(pixels, kind=kind)
    plain = info(server, heif.file([item], kind.lower()))
    assert (plain["profile"], plain["alpha"], plain["channels"], plain["orientation"]) == (None, False, 3, 0)
    assert plain["subsampling"] == ("420" if kind == "HEIC" else "444")
    found = info(server, heif.file([item.having(heif.irot(1), heif.icc(files.srgb_profile()))], kind.lower()))
    assert (found["width"], found["height"], found["profile"], found["hasProfile"]) == (48, 64, "sRGB built-in", True)
    alpha = heif.coded(pixels[..., 0], kind=kind).having(heif.auxiliary(), references=[("auxl", [1])])
    found = info(server, heif.file([item, alpha], kind.lower()))
    assert (found["alpha"], found["hasAlpha"], found["channels"]) == (True, True, 4)


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation(server, file_format, orientation):
    """EXIF's number, and the size upright; 0 without one or with one that there is not."""
    options = {"exif": files.exif(orientation)} if orientation else {}
    found = info(server, sized("RGB", file_format, **options))
    assert found["orientation"] == (orientation if orientation < 9 else 0)
    assert (found["width"], found["height"]) == ((48, 64) if 5 <= orientation <= 8 else (64, 48))
    with Client(server) as client:
        reply = client.post("/image", sized("RGB", file_format, **options))
    assert [reply.headers["image-width"], reply.headers["image-height"]] == [
        str(found["width"]), str(found["height"])]


def test_late_orientation(server):
    """A PNG's eXIf counts behind the pixels, too, if its checksum is right; a JPEG's segment behind the
    frame header."""
    body = sized("RGB", "PNG")
    exif = Image.Exif()
    exif[274] = 6
    exif = exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = png.chunk(b"eXIf", exif)
    assert info(server, body[:-12] + chunk + body[-12:])["orientation"] == 6
    broken = chunk[:-1] + bytes([chunk[-1] ^ 1])
    assert info(server, body[:-12] + broken + body[-12:])["orientation"] == 0
    body = files.jpeg(64, 48)
    scan = body.index(b"\xff\xda")
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 8) + b"Exif\0\0" + exif
    assert info(server, body[:scan] + segment + body[scan:])["orientation"] == 6


@pytest.mark.parametrize("file_format", ["GIF", "WEBP"])
def test_animations(server, file_format):
    """Frames and loop as Pillow reads them; a GIF without a loop says nothing."""
    body = files.animation(file_format, lossless=True)
    found = info(server, body)
    image = Image.open(io.BytesIO(body))
    assert (found["frames"], found["loop"]) == (image.n_frames, image.info["loop"]) and found["loop"] == 3
    assert info(server, sized("P" if file_format == "GIF" else "RGB", file_format))["loop"] is None


@pytest.mark.parametrize("sampling, name", [(0, "444"), (1, "422"), (2, "420")])
def test_subsampling(server, sampling, name):
    """Of JPEG and of a lossy WebP, still or not; of no PNG, and not of gray."""
    assert info(server, sized("RGB", "JPEG", subsampling=sampling))["subsampling"] == name
    assert info(server, sized("L", "JPEG"))["subsampling"] is None
    assert info(server, sized("RGB", "PNG"))["subsampling"] is None


@pytest.mark.parametrize("lossless, name", [(False, "420"), (True, None)])
def test_subsampling_of_webp(server, lossless, name):
    assert info(server, sized("RGB", "WEBP", lossless=lossless))["subsampling"] == name
    assert info(server, sized("RGBA", "WEBP", lossless=lossless, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"))["subsampling"] == name
    assert info(server, files.animation("WEBP", lossless=lossless))["subsampling"] == name


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_profile(server, file_format):
    """The profile's name, where the file has it in plain bytes."""
    profile = files.srgb_profile()
    found = info(server, sized("RGB", file_format, icc_profile=profile))["profile"]
    if file_format == "PNG": # the name of the chunk: the rest is compressed
        assert found == "ICC Profile"
    else:
        described = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip()
        assert found == described
    assert info(server, sized("RGB", file_format, icc_profile=b"x" * 200))["profile"] in ("unnamed", "ICC Profile")


def test_wide_samples_and_interlace(server):
    """16 bits, and a PNG in seven passes."""
    found = info(server, files.encode(Image.new("I;16", (5, 4)), "PNG"))
    assert (found["bits"], found["channels"], found["colourspace"], found["space"]) == (16, 1, "gray", "grey16")
    body = bytearray(sized("RGB", "PNG"))
    body[28] = 1
    assert info(server, bytes(body))["progressive"] is True


def test_forms_and_parameters(server):
    """A form is described by its file; parameters are checked, and change nothing."""
    body = files.jpeg(64, 48)
    plain = info(server, body)
    assert info(server, body, "/info?scale=0.5&gray=luma") == plain
    with Client(server) as client:
        reply = client.request("PUT", "/info", form(field("scale", "0.5"), file(body)), {"Content-Type": TYPE})
        assert reply.json() == plain and reply.headers["cache-control"] == "no-store"
        assert_problem(client.post("/info?scale=2", body), 400, "bad-parameter")
        assert_problem(client.post("/info?x=2", body), 400, "bad-parameter")
        assert client.request("GET", "/info").status == 405


@pytest.mark.parametrize("place, value", [(24, 3), (25, 1), (25, 7), (26, 1), (27, 1), (28, 2)])
def test_undefined_png(server, place, value):
    """A depth, colour type, compression, filter or interlace that PNG does not have."""
    body = bytearray(sized("RGB", "PNG"))
    body[place] = value
    with Client(server) as client:
        assert_problem(client.post("/info", bytes(body)), 422, "image-corrupt")


def test_refused(server):
    """No image, none of a supported kind, one that ends in its header."""
    with Client(server) as client:
        assert_problem(client.post("/info", b"no image" * 20), 415, "unsupported-format")
        assert_problem(client.post("/info", b"plain text"), 415, "unsupported-format")
        assert_problem(client.post("/info", files.jpeg(64, 48)[:100]), 422, "image-corrupt")
        assert_problem(client.post("/info", b""), 400, "empty-body")


def test_no_worker_and_no_scale_server(own):
    """It is answered while the scale server is away, and of images beyond the limits."""
    gateway = own.gateway(limits__max_pixels=1000)
    assert info(gateway, files.jpeg(64, 48))["width"] == 64
