# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Pictures through the whole system, judged by Pillow, numpy and ImageMagick: gray, sizes, turned
pictures, animations, metadata."""
import io
import json
import struct

import numpy
import pytest
from PIL import Image, ImageCms, ImageOps

from samples import files, pixels, png
from support.judges import (array, assert_within, frames, imagemagick, luma_of_jpeg, open_image,
                            psnr, scaled, webp_chunks)
from test_http import assert_problem

LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True, "exact": True}}
FORMATS = {"JPEG": {"quality": 90}, "PNG": {}, "WEBP": {"lossless": True}, "GIF": {}, "TIFF": {}}


@pytest.mark.parametrize("file_format", LOSSLESS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "L", "P", "PA", "1"])
def test_every_pixel_is_luma(client, file_format, mode):
    """Gray is within 1 of Pillow's convert("L") for every pixel; alpha stays as it was."""
    source = files.picture(83, 61, mode)
    if file_format == "WEBP" and mode in ("1", "LA", "P", "PA"):
        source = source.convert("RGBA" if mode in ("LA", "PA") else "RGB")
    if file_format == "TIFF" and mode == "PA":
        source = source.convert("P")
        source.info.pop("transparency", None)
    body = files.encode(source, file_format, **LOSSLESS[file_format])
    decoded = open_image(body)
    result = open_image(client.picture("/", body))
    seen, kept = decoded.convert("RGBA"), result.convert("RGBA")
    visible = array(seen)[..., 3] > 0
    expected, gray = array(seen.convert("RGB").convert("L")), array(kept)
    assert_within(gray[..., 0][visible], expected[visible], 1)
    assert (gray[..., 0] == gray[..., 1]).all() and (gray[..., 1] == gray[..., 2]).all()
    assert_within(gray[..., 3], array(seen)[..., 3], 0)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bit_png(client, channels):
    """16 bit stays 16 bit, in every kind of PNG, to within one of its own steps."""
    colour = pixels.wide(pixels.rgb(61, 47))
    transparency = pixels.wide(pixels.alpha(61, 47))[..., None]
    source = {1: colour[..., :1], 2: numpy.concatenate([colour[..., :1], transparency], -1),
              3: colour, 4: numpy.concatenate([colour, transparency], -1)}[channels]
    result = png.read(client.picture("/", png.write(source)))
    assert result.dtype == numpy.uint16 and result.shape[2] == (2 if channels % 2 == 0 else 1)
    expected = pixels.luma(colour) if channels >= 3 else colour[..., 0]
    assert_within(result[..., 0].astype(float), expected.astype(float), 1)
    if channels % 2 == 0:
        assert (result[..., 1] == transparency[..., 0]).all()


def test_16_bit_judged_by_imagemagick(client):
    """The same, with another program's decoder on both sides."""
    body = png.write(pixels.wide(pixels.rgb(61, 47)))
    source = imagemagick(body, size=(61, 47))
    result = imagemagick(client.picture("/", body), size=(61, 47))
    assert_within(result[..., 0].astype(float), pixels.luma(source), 1.5)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bit_scaled(client, channels):
    """Scaling keeps 16 bit too."""
    source = pixels.wide(pixels.smooth_rgb(64, 48))
    if channels == 4:
        source = numpy.concatenate([source, pixels.wide(pixels.alpha(64, 48))[..., None]], -1)
    result = png.read(client.picture("/scale?scale=0.5", png.write(source[..., :channels])))
    assert result.dtype == numpy.uint16 and result.shape == (24, 32, channels)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(64, 48), (61, 47), (1, 1), (200, 3), (7, 90)])
def test_gray_jpeg_is_its_luma(client, size, progressive, subsampling):
    """Gray of a JPEG is exactly the Y plane it was made of."""
    body = files.jpeg(*size, progressive=progressive, subsampling=subsampling)
    result = open_image(client.picture("/", body))
    assert result.mode == "L"
    assert_within(array(result), array(luma_of_jpeg(body)), 0)


def test_gray_jpeg_with_quality(client):
    """With a quality it is encoded anew, close to the luma."""
    body = files.jpeg(200, 150)
    result = open_image(client.picture("/?quality=95", body))
    assert result.mode == "L" and psnr(array(result), array(luma_of_jpeg(body))) > 38


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "JPEG"])
def test_same_gray_in_every_format(client, file_format):
    """A flat red, green and blue have Rec. 601's gray whatever the format."""
    for colour, expected in (("#ff0000", 76), ("#00ff00", 150), ("#0000ff", 29), ("#ffffff", 255)):
        body = files.encode(Image.new("RGB", (32, 32), colour), file_format,
                            **({"quality": 98} if file_format == "JPEG" else {}))
        assert_within(array(open_image(client.picture("/", body)).convert("L")),
                      numpy.full((32, 32), expected), 1)


def test_gray_is_a_fixed_point(client):
    """A gray picture stays as it is."""
    for file_format in ("PNG", "TIFF", "JPEG"):
        once = client.picture("/", files.encode(files.picture(), file_format))
        again = client.picture("/", once)
        assert (array(open_image(once)) == array(open_image(again))).all()


def test_cmyk_jpeg(client):
    """A CMYK JPEG becomes a gray JPEG, close to what Pillow makes of it, and scales."""
    body = files.cmyk_jpeg(64, 48)
    gray = open_image(client.picture("/", body))
    assert gray.mode == "L" and gray.size == (64, 48)
    source = open_image(body).convert("RGB").convert("L")
    assert psnr(array(gray), array(source)) > 25
    assert open_image(client.picture("/scale?scale=0.5", body)).size == (32, 24)


def test_wide_gamut_gray(client):
    """Gray honours a profile whose numbers mean other colours than sRGB's."""
    source = Image.fromarray(pixels.smooth_rgb(64, 48))
    profile = files.wide_profile()
    srgb = ImageCms.createProfile("sRGB")
    managed = ImageCms.profileToProfile(source, io.BytesIO(profile), srgb, outputMode="RGB")
    result = open_image(client.picture("/", files.encode(source, "PNG", icc_profile=profile)))
    plain, expected = array(source.convert("L")), array(managed.convert("L"))
    assert_within(array(result.convert("L")), expected, 2)
    assert numpy.abs(plain - expected).max() > 6, "the image distinguishes the two"


SIZES = [(1, 1), (2, 3), (7, 5), (16, 16), (17, 33), (100, 1), (1, 100), (127, 65), (640, 427)]
FACTORS = [1, 0.99, 0.75, 0.5, 0.4999, 0.333, 0.3, 0.25, 0.125, 0.1, 0.01, 0.0001]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_exact_sizes(client, size, file_format):
    """out = max(1, floor(in * F + 0.5)) in each dimension, for every factor."""
    body = files.encode(files.picture(*size), file_format, **FORMATS[file_format])
    for factor in FACTORS:
        for path in ("/scale", "/gray"):
            result = open_image(client.picture(f"{path}?scale={factor}", body))
            assert result.size == (scaled(size[0], factor), scaled(size[1], factor)), factor
            assert result.format == file_format


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("factor", [0.75, 0.5, 0.3, 0.125])
def test_scaled_picture_is_the_picture(client, file_format, factor):
    """A resized image is close to Pillow's LANCZOS of the same."""
    source = Image.fromarray(pixels.smooth_rgb(320, 240))
    body = files.encode(source, file_format, **({"quality": 95} if file_format == "JPEG" else {}))
    result = open_image(client.picture(f"/scale?scale={factor}&quality=95", body))
    expected = open_image(body).resize(result.size, Image.LANCZOS)
    assert psnr(array(result), array(expected)) > 33


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(client, orientation, file_format):
    """All eight EXIF orientations are applied and the tag is gone, gray and scaled."""
    source = Image.fromarray(pixels.smooth_rgb(64, 48))
    options = {"TIFF": {}, "WEBP": {"lossless": True}, "JPEG": {"quality": 95}}.get(file_format, {})
    body = files.encode(source, file_format, exif=files.exif(orientation), **options)
    upright = ImageOps.exif_transpose(open_image(body))
    if file_format == "TIFF":
        body = tiff_with_orientation(source, orientation)
        upright = turned(source, orientation)
    gray = open_image(client.picture("/", body))
    assert gray.getexif().get(0x0112, 1) == 1
    assert gray.size == upright.size == ((48, 64) if orientation >= 5 else (64, 48))
    assert_within(array(gray.convert("L")), array(upright.convert("L")), 2)
    small = open_image(client.picture("/scale?scale=0.5&quality=95", body))
    expected = upright.convert("RGB").resize(small.size, Image.LANCZOS)
    assert psnr(array(small.convert("RGB")), array(expected)) > 30
    assert small.getexif().get(0x0112, 1) == 1


def turned(image, orientation):
    """What exif_transpose would make of the image with that tag."""
    image = image.copy()
    image.getexif()[0x0112] = orientation
    return ImageOps.exif_transpose(image)


def tiff_with_orientation(image, orientation):
    """A TIFF has its orientation in a tag of its own directory."""
    return files.encode(image, "TIFF", tiffinfo={0x0112: orientation})


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5", "/gray?scale=0.5"])
@pytest.mark.parametrize("file_format", ["GIF", "WEBP"])
def test_animation(client, file_format, path):
    """Every frame, delay and loop of an animation is kept; each frame is that frame's gray."""
    options = {"lossless": True} if file_format == "WEBP" else {}
    body = files.animation(file_format, **options)
    before, data = frames(body), client.picture(path, body)
    after = frames(data)
    assert [delay for _, delay in after] == [delay for _, delay in before]
    assert open_image(data).info.get("loop") == open_image(body).info.get("loop") == 3
    for (result, _), (source, _) in zip(after, before):
        if path == "/":
            assert_within(result[..., 0], array(Image.fromarray(
                source.astype(numpy.uint8)).convert("RGB").convert("L")), 1)
        else:
            assert result.shape[:2] == (15, 20)


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5"])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_metadata_is_stripped(client, file_format, path):
    """EXIF, GPS, XMP and comments are gone from the answer's bytes."""
    source = files.picture(64, 48)
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
    data = client.picture(path, body)
    for word in (b"secret", b"SecretCam", b"xmpmeta", b"Exif\0\0"):
        assert word not in data
    assert not open_image(data).getexif().get_ifd(0x8825)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("profile", [files.srgb_profile(), files.wide_profile()],
                         ids=["sRGB", "wide"])
def test_profile(client, file_format, profile):
    """The ICC profile is kept on scaled pictures and absent from gray ones."""
    body = files.encode(files.picture(), file_format, icc_profile=profile)
    small = open_image(client.picture("/scale?scale=0.5", body))
    assert small.info.get("icc_profile") == profile
    gray = open_image(client.picture("/", body))
    assert gray.info.get("icc_profile") in (None, b"")


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5"])
def test_unsupported_kind(client, path):
    """A sound TIFF of 12 bits is 415, and the detail says what it is."""
    body = files.encode(files.picture(64, 48, "L"), "TIFF")
    depth = struct.pack("<HHIHH", 258, 3, 1, 8, 0)
    assert depth in body
    reply = client.post(path, body.replace(depth, struct.pack("<HHIHH", 258, 3, 1, 12, 0)))
    assert_problem(reply, 415, "unsupported-format")
    assert "samples of 12 bits" in json.loads(reply.body)["detail"]


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5", "/scale?scale=0.5&quality=30"])
def test_lossless_webp_stays_lossless(client, path):
    """VP8L in, VP8L out; VP8 in, VP8 out."""
    source = files.picture(64, 48)
    chunks = webp_chunks(client.picture(path, files.encode(source, "WEBP", lossless=True)))
    assert b"VP8L" in chunks and b"VP8 " not in chunks
    chunks = webp_chunks(client.picture(path, files.encode(source, "WEBP", quality=80)))
    assert b"VP8 " in chunks and b"VP8L" not in chunks


@pytest.mark.parametrize("path", ["/", "/scale?scale=0.5"])
def test_palette_png(client, path):
    """A palette PNG with a transparent entry keeps its transparency."""
    body = files.encode(files.picture(64, 48, "PA"), "PNG")
    source = array(open_image(body).convert("RGBA"))
    result = array(open_image(client.picture(path, body)).convert("RGBA"))
    assert (source[..., 3] == 0).any() and (result[..., 3] < 255).any()


def test_jpeg_stays_in_its_subsampling(client):
    """A scaled 4:4:4 JPEG is 4:4:4, a 4:2:0 one 4:2:0."""
    for subsampling in (0, 1, 2):
        body = files.jpeg(256, 192, subsampling=subsampling)
        small = Image.open(io.BytesIO(client.picture("/scale?scale=0.5", body)))
        assert [layer[1:3] for layer in small.layer] == [
            layer[1:3] for layer in Image.open(io.BytesIO(body)).layer]
