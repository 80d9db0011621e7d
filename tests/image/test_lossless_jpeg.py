# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""lossless=true of a JPEG: the coefficients are the source's, where jpegtran puts them."""
import pytest
from PIL import Image

from samples import files, jpeg, pixels
from support.judges import open_image

BAD_PARAMETER = 1 # enum status
JPEGTRAN = {1: [], 2: ["-flip", "horizontal"], 3: ["-rotate", "180"], 4: ["-flip", "vertical"],
            5: ["-transpose"], 6: ["-rotate", "90"], 7: ["-transverse"], 8: ["-rotate", "270"]}
TURNS = {"": 1, "flip=h": 2, "rotate=180": 3, "flip=v": 4, "rotate=90": 6, "rotate=270": 8}
WIDTH, HEIGHT = 96, 64 # whole MCUs of every sampling


def coded(kind, size=(WIDTH, HEIGHT)):
    image = Image.fromarray(pixels.rgb(*size))
    if kind == "gray":
        return jpeg.cjpeg(image.convert("L"))
    if kind == "cmyk":
        return files.encode(image.convert("CMYK"), "JPEG", quality=90)
    options = {"444": ["-sample", "1x1"], "422": ["-sample", "2x1"], "440": ["-sample", "1x2"],
               "411": ["-sample", "4x1"], "progressive": ["-progressive"], "restarts": ["-restart", "1"],
               "optimized": ["-optimize"], "arithmetic": ["-arithmetic"], "rgb": ["-rgb"]}
    return jpeg.cjpeg(image, "-quality", "90", *options.get(kind, []))


KINDS = ["420", "444", "422", "440", "411", "gray", "cmyk", "rgb", "progressive", "restarts", "optimized",
         "arithmetic"]


def with_orientation(data, orientation):
    return data if orientation == 1 else files.with_jpeg_segments(data, (0xe1, files.exif(orientation)))


def numbered(content, first, step):
    """The payload of SOF or SOS with other names of its components."""
    named = bytearray(content)
    for at in range(content[first - 1]):
        named[first + at * step] = at
    return bytes(named)


def coefficients(data):
    """A file that is the same for the same coefficients and tables, whatever the components' names."""
    data = jpeg.without(jpeg.jpegtran(data, "-copy", "none", "-optimize"), 0xe0)
    data = jpeg.replaced(data, 0xc0, lambda content: numbered(content, 6, 3))
    return jpeg.replaced(data, 0xda, lambda content: numbered(content, 1, 2))


def is_progressive(data):
    return bool(open_image(data).info.get("progressive"))


@pytest.mark.parametrize("orientation", JPEGTRAN)
@pytest.mark.parametrize("kind", KINDS)
def test_orientations(image_cli, kind, orientation):
    """Of every kind of JPEG; progressive ones stay progressive."""
    data = coded(kind)
    result = image_cli.query("lossless=true", with_orientation(data, orientation))
    assert result.status == 0, result.message
    expected = jpeg.jpegtran(data, "-perfect", *JPEGTRAN[orientation])
    assert coefficients(result.data) == coefficients(expected)
    assert is_progressive(result.data) == (kind == "progressive")


@pytest.mark.parametrize("query", TURNS)
@pytest.mark.parametrize("kind", ["420", "progressive"])
def test_turns_that_are_asked_for(image_cli, kind, query):
    data = coded(kind)
    result = image_cli.query(f"lossless=true&{query}".rstrip("&"), data)
    expected = jpeg.jpegtran(data, "-perfect", *JPEGTRAN[TURNS[query]])
    assert coefficients(result.data) == coefficients(expected)


@pytest.mark.parametrize("query", ["gray=luma", "gray=luma&lossless=true"])
@pytest.mark.parametrize("orientation", JPEGTRAN)
@pytest.mark.parametrize("kind", ["420", "444", "gray", "progressive", "restarts", "arithmetic"])
def test_gray(image_cli, kind, orientation, query):
    """The luma's coefficients alone, turned; of a progressive file in a progressive one."""
    data = coded(kind)
    result = image_cli.query(query, with_orientation(data, orientation))
    assert result.status == 0, result.message
    expected = jpeg.jpegtran(data, "-perfect", "-grayscale", *JPEGTRAN[orientation])
    assert coefficients(result.data) == coefficients(expected)
    assert is_progressive(result.data) == (kind == "progressive")


@pytest.mark.parametrize("query", ["lossless=true", "gray=luma", "lossless=true&gray=luma&rotate=90"])
def test_how_it_is_written(image_cli, query):
    """Without loss it can become progressive; effort has no effect."""
    data = coded("420")
    plain = image_cli.query(query, data).data
    result = image_cli.query(f"{query}&progressive=true&effort=7", data).data
    assert is_progressive(result) and not is_progressive(plain)
    assert coefficients(result) == coefficients(plain)


@pytest.mark.parametrize("size, query, possible", [
    ((97, 64), "", True), ((97, 64), "flip=v", True), ((97, 64), "flip=h", False),
    ((97, 64), "rotate=90", True), ((97, 64), "rotate=270", False), ((96, 63), "rotate=90", False),
    ((88, 64), "flip=h", False), ((88, 64), "flip=h&gray=luma", True), ((97, 61), "rotate=180", False),
])
def test_partial_blocks(image_cli, size, query, possible):
    """They cannot go where blocks must be whole: of 4:2:0 MCUs of 16 pixels, of gray blocks of 8."""
    data = coded("420", size)
    result = image_cli.query(f"lossless=true&{query}".rstrip("&"), data)
    assert result.status == (0 if possible else BAD_PARAMETER)
    assert possible or "lossless" in result.message


def test_what_surrounds_the_pixels(image_cli):
    """The profile and the density are kept, the latter turned; the rest is not."""
    image = Image.fromarray(pixels.rgb(WIDTH, HEIGHT))
    data = files.encode(image, "JPEG", quality=90, dpi=(300, 150), icc_profile=files.wide_profile(),
                        exif=files.exif(6), comment=b"hidden")
    result = image_cli.query("lossless=true", data)
    turned = open_image(result.data)
    assert turned.info["icc_profile"] == files.wide_profile()
    assert turned.info["dpi"] == (150, 300)
    assert not turned.getexif() and b"hidden" not in result.data


@pytest.mark.parametrize("query", ["lossless=true", "lossless=true&rotate=90"])
@pytest.mark.parametrize("kind", ["420", "progressive"])
def test_damage(image_cli, kind, query):
    """What is cut off is damaged, though nothing of it is decoded."""
    data = coded(kind)
    result = image_cli.query(query, data[:len(data) * 2 // 3])
    assert result.status not in (0, BAD_PARAMETER) and "image-corrupt" in result.message
