# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""JPEG to JPEG without RGB: parts, boxes, turns and subsamplings, held against the reference; and that
what lies outside a part is not to be seen in it."""
import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from samples import files, heif, pixels
from support import reference
from support.judges import array, psnr

WIDTH, HEIGHT = 413, 299
NAMES = {0: "444", 1: "422", 2: "420", -1: "gray"}
SOURCES = {"444": {"subsampling": 0}, "422": {"subsampling": 1}, "420": {"subsampling": 2},
           "progressive": {"subsampling": 2, "progressive": True}, "gray": {}}
CB_CR = np.array([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]).T


def source(kind, width=WIDTH, height=HEIGHT):
    image = Image.fromarray(pixels.smooth_rgb(width, height))
    return files.encode(image.convert("L") if kind == "gray" else image, "JPEG", quality=95,
                        **SOURCES[kind])


def parameters_of(query):
    return dict(pair.split("=") for pair in query.split("&") if pair)


def as_pixels(image):
    found = array(image)
    return found if found.ndim == 3 else found[..., None]


def expected_of(data, query, orientation=1):
    stored = as_pixels(files.decode(data)).astype(np.uint8)
    return reference.render(stored, orientation, parameters_of(query))[0]


def moved(result, expected):
    """How many pixels beside its place an image of any channels lies: least squares."""
    vertical, horizontal = np.gradient(expected, axis=(0, 1))
    gradients = np.stack([horizontal.ravel(), vertical.ravel()], axis=1)
    return np.abs(np.linalg.lstsq(gradients, (expected - result).ravel(), rcond=None)[0]).max()


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("query", [
    "flip=h", "flip=v", "flip=hv", "rotate=90", "rotate=270", "scale=0.5&flip=hv", "scale=0.37&flip=h",
    "crop=33,21,201,140", "crop=32,16,200,144&rotate=180", "crop=33,21,301,251&width=99",
    "crop=41,13,300,250&scale=0.5", "crop=100,100,5,4", "crop=square&width=64&rotate=90",
    "width=90&height=90&fit=cover", "width=33&height=99&fit=cover&gravity=southeast&flip=h",
    "width=99&height=33&fit=cover&gravity=north", "width=301&height=7&fit=cover&gravity=0.2,0.9",
    "width=120&height=120&fit=cover&gray=luma", "crop=9,7,271,145&gray=luma&rotate=90",
])
def test_parts_and_turns(image_cli, kind, query):
    """As the reference has it, from Pillow's decoder: 38 dB, and colours where they belong."""
    data = source(kind)
    result = as_pixels(image_cli.query(f"{query}&quality=95", data).image)
    expected = expected_of(data, query)
    assert result.shape == expected.shape
    assert psnr(result, expected) > 38
    if result.shape[2] == 3 and min(result.shape[:2]) >= 16:
        assert moved(result @ CB_CR, expected @ CB_CR) < 0.15


@pytest.mark.parametrize("size", [(96, 64), (97, 64), (96, 63), (97, 63), (301, 201)])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_colours_stay_in_place_when_turned(image_cli, orientation, size):
    """Of an odd length, the result's last sample of chroma stands for one pixel, not its first one."""
    stored = Image.fromarray(pixels.smooth_rgb(*size))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = files.encode(stored, "JPEG", quality=97, subsampling=2, exif=exif)
    expected = expected_of(data, "quality=97", orientation)
    result = as_pixels(image_cli.query("quality=97", data).image)
    assert moved(result @ CB_CR, expected @ CB_CR) < 0.1
    assert psnr(result, expected) > 40


@pytest.mark.parametrize("query, sampling", [
    ("subsampling=444", "444"), ("subsampling=420", "420"), ("subsampling=444&scale=0.6", "444"),
    ("subsampling=420&scale=0.5", "420"), ("subsampling=420&scale=0.3&rotate=90", "420"),
    ("subsampling=444&crop=15,15,200,200&flip=h", "444"), ("subsampling=auto", None),
    ("subsampling=auto&quality=89", "420"), ("scale=0.7&quality=80", "420"),
    ("scale=0.5&quality=90&progressive=true&effort=3", None),
])
@pytest.mark.parametrize("kind", ["444", "422", "420", "progressive"])
def test_subsampling(image_cli, kind, query, sampling):
    """As it is asked for; by itself 4:2:0 below a quality of 90, else the source's."""
    data = source(kind)
    image = image_cli.query(query if "quality" in query else f"{query}&quality=95", data).image
    assert NAMES[JpegImagePlugin.get_sampling(image)] == (sampling or {"progressive": "420"}.get(kind, kind))
    assert bool(image.info.get("progressive")) == ("progressive=true" in query)
    expected = expected_of(data, query)
    assert psnr(as_pixels(image), expected) > (33 if "quality=8" in query else 38)
    assert moved(as_pixels(image) @ CB_CR, expected @ CB_CR) < 0.1


@pytest.mark.parametrize("kind", ["444", "progressive", "gray"])
@pytest.mark.parametrize("box", [(16, 16, 200, 150), (17, 33, 201, 151), (23, 8, 187, 90), (3, 5, 9, 6)])
@pytest.mark.parametrize("query", ["quality=95", "scale=0.75&quality=95", "scale=0.4&quality=95",
                                   "scale=0.2&quality=95", "scale=0.06&quality=95"])
def test_what_is_cropped_is_gone(image_cli, kind, box, query):
    """A frame of black and white around a gray part leaves nothing in it, wherever its blocks begin."""
    left, top, width, height = box
    y, x = np.mgrid[:300, :300]
    frame = np.where((x // 2 + y // 3) % 2 == 0, 0, 255).astype(np.uint8)
    frame[top:top + height, left:left + width] = 128
    image = Image.fromarray(frame)
    data = files.encode(image if kind == "gray" else image.convert("RGB"), "JPEG", quality=100,
                        **SOURCES[kind] | {"subsampling": 0} if kind != "gray" else {})
    crop = ",".join(map(str, box))
    result = as_pixels(image_cli.query(f"crop={crop}&{query}", data).image)
    inside = as_pixels(files.decode(data))[top:top + height, left:left + width]
    assert np.abs(result - 128).max() <= np.abs(inside - 128).max() + 3


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("query", ["crop=0,0,40,40&quality=90", "width=32&height=32&fit=cover&gravity=northwest",
                                   "crop=0,0,16,16&gray=luma&quality=90"])
def test_damage_is_found_wherever_it_is(image_cli, progressive, query):
    """A file that is cut off is refused, though the part that is wanted is there."""
    data = files.encode(Image.fromarray(pixels.rgb(400, 300)), "JPEG", quality=90, progressive=progressive)
    assert image_cli.query(query, data).status == 0
    assert image_cli.query(query, data[:len(data) * 3 // 4]).status != 0


@pytest.mark.parametrize("kind", ["444", "420", "progressive", "gray"])
@pytest.mark.parametrize("format", ["webp", "avif"])
@pytest.mark.parametrize("query", ["", "scale=0.37&flip=h", "width=120&height=120&fit=cover&gravity=north",
                                   "crop=33,21,201,140&rotate=90", "gray=luma&width=99"])
def test_planes_of_another_format(image_cli, kind, format, query):
    """WebP has halved chroma and rougher steps: 35 dB there; no colour is beside its place."""
    data = source(kind)
    made = image_cli.query(f"{query}&format={format}&quality=95".lstrip("&"), data)
    result = as_pixels(made.image) if format == "webp" else as_pixels(Image.fromarray(heif.decode(made.data, "AVIF")))
    expected = expected_of(data, query)
    if expected.shape[2] == 1: # WebP has none without colour
        result = result[..., :3].mean(axis=2, keepdims=True)
    assert result.shape == expected.shape
    assert psnr(result, expected) > (35 if format == "webp" else 38)
    if result.shape[2] == 3:
        assert moved(result @ CB_CR, expected @ CB_CR) < 0.15



@pytest.mark.parametrize("to", ["jpeg", "webp", "avif"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_to_srgb(image_cli, mode, to):
    """What is sRGB already is made as without its profile, from planes; other colours are converted."""
    image = Image.fromarray(pixels.smooth_rgb(160, 120)).convert(mode)
    plain = files.encode(image, "JPEG", quality=95)
    other = files.wide_profile() if mode == "RGB" else files.gray_profile()
    for query in ("width=80", "width=80&gray=luma"):
        expected = image_cli.query(f"{query}&format={to}", plain).data
        for profile in (files.srgb_profile(), b"of no use" * 20):
            data = files.encode(image, "JPEG", quality=95, icc_profile=profile)
            assert image_cli.query(f"{query}&profile=srgb&format={to}", data).data == expected, query
        data = files.encode(image, "JPEG", quality=95, icc_profile=other)
        converted = image_cli.query(f"{query}&profile=srgb&format={to}", data).data
        assert converted != expected and not any(name in converted for name in (b"ICC", b"prof")), query
