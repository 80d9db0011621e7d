# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Images through the whole system: sizes, metadata, animations. What the image code does with each
kind of image is for tests/image."""
import json
import struct

import pytest

from samples import files, png
from support.judges import array, frames, luma_of_jpeg, open_image, psnr, scaled
from test_http import assert_problem

FORMATS = {"JPEG": {"quality": 90}, "PNG": {}, "WEBP": {"lossless": True}, "GIF": {}, "TIFF": {}}


def test_gray_jpeg_with_quality(client):
    """With a quality it is encoded anew, close to the luma."""
    body = files.jpeg(200, 150)
    result = open_image(client.image("/?quality=95", body))
    assert result.mode == "L" and psnr(array(result), array(luma_of_jpeg(body))) > 38


SIZES = [(1, 1), (2, 3), (7, 5), (16, 16), (17, 33), (100, 1), (1, 100), (127, 65), (640, 427)]
FACTORS = [1, 0.99, 0.75, 0.5, 0.4999, 0.333, 0.3, 0.25, 0.125, 0.1, 0.01, 0.0001]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_exact_sizes(client, size, file_format):
    """out = max(1, floor(in * F + 0.5)) in each dimension, for every factor."""
    body = files.encode(files.image(*size), file_format, **FORMATS[file_format])
    for factor in FACTORS:
        for path in ("/scale", "/gray"):
            result = open_image(client.image(f"{path}?scale={factor}", body))
            assert result.size == (scaled(size[0], factor), scaled(size[1], factor)), factor
            assert result.format == file_format


@pytest.mark.parametrize("file_format", ["GIF", "WEBP"])
def test_animation_gray_and_smaller(client, file_format):
    """Every frame, delay and loop of an animation is kept by both operations at once."""
    body = files.animation(file_format, lossless=True)
    data = client.image("/gray?scale=0.5", body)
    before, after = frames(body), frames(data)
    assert [delay for _, delay in after] == [delay for _, delay in before]
    assert open_image(data).info.get("loop") == open_image(body).info.get("loop") == 3
    assert all(result.shape[:2] == (15, 20) for result, _ in after)


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5"])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_metadata_is_stripped(client, file_format, path):
    """EXIF, GPS, XMP and comments are gone from the answer's bytes."""
    source = files.image(64, 48)
    options = {"exif": files.exif(1, gps=True)}
    if file_format == "WEBP":
        options["xmp"] = files.XMP
    body = files.encode(source, file_format, **options)
    if file_format == "JPEG":
        body = files.with_jpeg_segments(body, (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + files.XMP),
                                        (0xFE, b"secret comment"),
                                        (0xED, b"Photoshop 3.0\0secret iptc"))
    if file_format == "PNG":
        extra = png.chunk(b"tEXt", b"Comment\0secret comment") + png.chunk(
            b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + files.XMP)
        body = body[:33] + extra + body[33:]
    assert b"secret" in body or file_format == "TIFF"
    data = client.image(path, body)
    for word in (b"secret", b"SecretCam", b"xmpmeta", b"Exif\0\0"):
        assert word not in data
    assert not open_image(data).getexif().get_ifd(0x8825)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_metadata_is_kept_with_the_place(client, file_format):
    """Of every format, by both servers, where it is asked for; not by `copyright`."""
    body = files.encode(files.image(64, 48), file_format, exif=files.exif(6, gps=True))
    for path in ("/gray?", "/image?width=20&", "/image?format=jpeg&"):
        for metadata, place in (("keep", {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}),
                                ("copyright", {}), ("none", {})):
            tags = open_image(client.image(f"{path}metadata={metadata}", body)).getexif()
            assert tags.get_ifd(0x8825) == place and tags.get(0x0112, 1) == 1, (path, metadata)


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5"])
def test_unsupported_kind(client, path):
    """A sound TIFF of 12 bits is 415, and the detail says what it is."""
    body = files.encode(files.image(64, 48, "L"), "TIFF")
    depth = struct.pack("<HHIHH", 258, 3, 1, 8, 0)
    assert depth in body
    reply = client.post(path, body.replace(depth, struct.pack("<HHIHH", 258, 3, 1, 12, 0)))
    assert_problem(reply, 415, "unsupported-format")
    assert "samples of 12 bits" in json.loads(reply.body)["detail"]
