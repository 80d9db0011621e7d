# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""AVIF and HEIC through image_cli. HEIC becomes JPEG, AVIF stays AVIF; libheif's and libavif's own
tools make the sources and read the results."""
import io
import random
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from samples import files, heif, pixels
from support import judges

UNSUPPORTED, CORRUPT, TOO_LARGE = 8, 9, 10 # enum status
KINDS = ("HEIC", "AVIF")
BRAND = {"HEIC": "heic", "AVIF": "avif"}


@pytest.fixture
def shown(image_cli):
    """The pixels of a file as it is shown, after one more loss."""
    def show(data, kind="HEIC", quality=98):
        result = image_cli("scale", data, factor=1, quality=quality)
        assert result.status == 0, result.message
        if kind == "HEIC":
            return np.asarray(result.image)
        return heif.decode(result.data, "AVIF")
    return show


def rgb(image):
    return np.asarray(Image.fromarray(image).convert("RGB"))


def assert_alike(result, expected, psnr=38):
    assert result.shape == expected.shape
    assert judges.psnr(result, expected) > psnr


@pytest.mark.parametrize("size", [(128, 96), (131, 97), (16, 200)])
@pytest.mark.parametrize("kind", KINDS)
def test_as_its_own_tools_show_it(shown, kind, size):
    data = heif.encode(heif.smooth(*size), kind=kind)
    assert_alike(shown(data, kind), rgb(heif.decode(data, kind)))
    assert_alike(shown(data, kind), heif.smooth(*size))


@pytest.mark.parametrize("options", [("-y", "444"), ("-y", "422"), ("-y", "420"),
                                     ("-y", "400"), ("-r", "limited"), ("--cicp", "1/13/1"),
                                     ("--cicp", "1/13/9"), ("--cicp", "1/13/8"), ("-l",),
                                     ("-d", "10"), ("-d", "12"), ("-r", "limited", "-d", "10")])
def test_layouts_of_avif(shown, options):
    """Chroma, range, matrix and depth."""
    source = heif.smooth(128, 96)
    data = heif.encode(source, *options, "--min", 0, "--max", 4, kind="AVIF") \
        if options != ("-l",) else heif.encode(source, *options, kind="AVIF")
    expected = source
    if "400" in options:
        expected = np.repeat(pixels.luma(source).round().astype(np.uint8)[..., None], 3, -1)
    result = shown(data, "AVIF")
    if result.dtype == np.uint16:
        result = (result / 257).round().astype(np.uint8)
    assert_alike(rgb(result), expected)


def test_ten_bits_are_rounded(shown):
    """Levels between those of 8 bits go to the nearer one."""
    for bits, low in ((10, 0.02), (10, 0.45), (10, 0.88), (12, 0.88)):
        levels = np.linspace(low, low + 0.1, 64 * 64).reshape(64, 64)
        source = np.repeat((levels * 65535).round().astype(np.uint16)[..., None], 3, -1)
        data = heif.encode(source, "-q", 100, "-b", bits, "-p", "chroma=444")
        error = shown(data).astype(float) - levels[..., None] * 255
        assert abs(error.mean()) < 0.25 # 0.18 are the encoder's own; cut off, they are 0.43


# --- shown otherwise than coded -------------------------------------------------------------------

@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_turned_and_mirrored(shown, kind, quarters, axis):
    source = heif.smooth(150, 101)
    item = heif.coded(source, kind=kind).having(heif.irot(quarters))
    expected = np.rot90(source, quarters)
    if axis is not None:
        item = item.having(heif.imir(axis))
        expected = np.flip(expected, axis)
    assert_alike(shown(heif.file([item], BRAND[kind]), kind), expected)


def test_mirrored_before_it_is_turned(shown):
    """In the order in which the file has them."""
    source = heif.smooth(64, 48)
    item = heif.coded(source).having(heif.imir(1), heif.irot(1))
    assert_alike(shown(heif.file([item])), np.rot90(np.flip(source, 1)))


@pytest.mark.parametrize("box", [(64, 48, 0, 0), (33, 21, 11, -9), (1, 1, 0, 0), (400, 300, 0, 0)])
def test_cut_out(shown, box):
    """Clean aperture: width, height, and twice the distance of its centre; what is outside is not
    there."""
    source = heif.smooth(128, 96)
    width, height, x, y = box
    left, top = (128 - width + x) // 2, (96 - height + y) // 2
    expected = source[max(top, 0):top + height, max(left, 0):left + width]
    data = heif.file([heif.coded(source).having(heif.clap(*box))])
    assert_alike(shown(data), expected, 30)
    turned = heif.file([heif.coded(source).having(heif.clap(*box), heif.irot(3))])
    assert_alike(shown(turned), np.rot90(expected, 3), 30)


@pytest.mark.parametrize("kind", KINDS)
def test_scaled_and_gray(image_cli, kind):
    """Of an image that is turned."""
    source = heif.smooth(160, 96)
    data = heif.file([heif.coded(source, kind=kind).having(heif.irot(1))], BRAND[kind])
    result = image_cli("both", data, factor=0.25, quality=95)
    assert result.status == 0
    result = np.asarray(result.image) if kind == "HEIC" else heif.decode(result.data, "AVIF")
    gray = Image.fromarray(np.rot90(source)).convert("L").resize((24, 40), Image.LANCZOS)
    assert_alike(np.asarray(Image.fromarray(result).convert("L")), np.asarray(gray))


# --- tiles ----------------------------------------------------------------------------------------

def tiles(source, rows, columns, side, kind="HEIC"):
    padded = np.pad(source, ((0, rows * side - len(source)),
                             (0, columns * side - len(source[0])), (0, 0)), "edge")
    return [heif.coded(np.ascontiguousarray(padded[y * side:y * side + side,
                                                   x * side:x * side + side]), kind=kind)
            for y in range(rows) for x in range(columns)]


@pytest.mark.parametrize("kind", KINDS)
def test_grid(shown, kind):
    """The last tiles reach over the edge; the whole is turned."""
    source = heif.smooth(170, 100)
    parts = tiles(source, 2, 3, 64, kind)
    whole = heif.grid(2, 3, 170, 100, list(range(2, 8))).having(heif.irot(1))
    assert_alike(shown(heif.file([whole] + parts, BRAND[kind]), kind), np.rot90(source), 34)


def test_grid_that_cannot_be(image_cli):
    """Too few or too many tiles, tiles outside, tiles that differ, tiles of tiles."""
    source = heif.smooth(128, 128)
    parts = tiles(source, 2, 2, 64)
    other = heif.coded(heif.smooth(32, 32))
    for whole, of in (
            (heif.grid(2, 2, 128, 128, [2, 3, 4]), parts),
            (heif.grid(2, 2, 129, 128, [2, 3, 4, 5]), parts),
            (heif.grid(2, 2, 64, 64, [2, 3, 4, 5]), parts),
            (heif.grid(2, 2, 128, 128, [2, 3, 4, 9]), parts),
            (heif.grid(2, 2, 128, 128, [2, 3, 4, 5]), parts[:3] + [other])):
        assert image_cli("gray", heif.file([whole] + of)).status == CORRUPT
    recursive = heif.grid(1, 1, 64, 64, [1])
    assert image_cli("gray", heif.file([recursive])).status == UNSUPPORTED
    many = heif.grid(64, 64, 4096, 4096, [2] * 4096)
    assert image_cli("gray", heif.file([many] + parts[:1])).status == UNSUPPORTED


# --- alpha ----------------------------------------------------------------------------------------

def with_alpha(colours, alpha, kind="AVIF", premultiplied=False):
    image = heif.coded(colours, kind=kind)
    if premultiplied:
        image = image.having(references=[("prem", [2])])
    mask = heif.coded(np.repeat(alpha[..., None], 3, -1), *(
        ("-y", 400, "--min", 0, "--max", 0) if kind == "AVIF" else ("-q", 95)), kind=kind)
    mask = mask.having(heif.auxiliary(), references=[("auxl", [1])])
    return heif.file([image, mask], BRAND[kind])


@pytest.mark.parametrize("premultiplied", [False, True])
def test_alpha(shown, premultiplied):
    """Kept, and not multiplied into the colours."""
    source, alpha = heif.smooth(128, 96), pixels.alpha(128, 96) // 2 + 100
    colours = (source * (alpha[..., None] / 255)).round().astype(np.uint8) if premultiplied \
        else source
    result = shown(with_alpha(colours, alpha, premultiplied=premultiplied), "AVIF")
    assert result.shape[2] == 4
    assert_alike(result[..., :3], source, 36)
    assert_alike(result[..., 3], alpha, 40)


def test_alpha_of_another_size(image_cli):
    """Is refused in words."""
    data = with_alpha(heif.smooth(64, 64), pixels.alpha(32, 32))
    result = image_cli("gray", data)
    assert result.status == UNSUPPORTED and "alpha" in result.message


# --- colours --------------------------------------------------------------------------------------

def in_srgb(image):
    """By the profile that it carries."""
    profile = image.info.get("icc_profile")
    if profile is None:
        return np.asarray(image.convert("RGB"))
    return np.asarray(ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC))


def patch(values, bits=8):
    item = np.empty((64, 64, 3), np.uint8 if bits == 8 else np.uint16)
    item[...] = np.round(np.array(values) * (255 if bits == 8 else 65535))
    return item


P3_RED = (0.9176, 0.2003, 0.1386) # sRGB's red in Display P3


def test_primaries_keep_their_look(image_cli):
    """Without a profile in the file: Display P3's code points."""
    item = heif.coded(patch(P3_RED), "-q", 100, "-p", "chroma=444")
    result = image_cli("scale", heif.file([item.having(heif.nclx(12, 13, 6))]), factor=1, quality=98)
    judges.assert_within(in_srgb(result.image)[32, 32].astype(int), np.array([255, 0, 0]), 6)
    gray = image_cli("gray", heif.file([item.having(heif.nclx(12, 13, 6))]), quality=98)
    assert abs(int(np.asarray(gray.image)[32, 32]) - 76) <= 3
    again = image_cli("scale", heif.file([item.having(heif.nclx(12, 13, 6))]), factor=1, quality=98)
    assert again.data == result.data


def test_srgb_has_no_profile(image_cli):
    for transfer in (1, 13):
        item = heif.coded(heif.smooth(64, 64)).having(heif.nclx(1, transfer, 6))
        image = image_cli("scale", heif.file([item]), factor=1).image
        assert "icc_profile" not in image.info


@pytest.mark.parametrize("kind", KINDS)
def test_profile_is_kept(image_cli, kind):
    profile = files.wide_profile()
    item = heif.coded(heif.smooth(64, 64), kind=kind).having(heif.icc(profile))
    result = image_cli("scale", heif.file([item], BRAND[kind]), factor=1)
    assert profile in result.data


def pq(light):
    power = (light / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def hlg(scene):
    return np.sqrt(3 * scene) if scene <= 1 / 12 else \
        0.17883277 * np.log(12 * scene - 0.28466892) + 0.55991073


def srgb(light):
    return 12.92 * light if light < 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def tone_mapped(image_cli, value, transfer):
    item = heif.coded(patch([value] * 3, 10), "-q", 100, "-b", 10, "-p", "chroma=444")
    data = heif.file([item.having(heif.nclx(9, transfer, 9))])
    result = image_cli("scale", data, factor=1, quality=98)
    return int(np.asarray(result.image)[32, 32, 1])


@pytest.mark.parametrize("transfer", [16, 18])
def test_high_dynamic_range(image_cli, transfer):
    """What is far below diffuse white (203 cd/m2) stays; white is nine tenths; above it there still
    is a difference; nothing is dark."""
    encoded = pq if transfer == 16 else lambda light: hlg((light / 1000) ** (1 / 1.2))
    values = {light: tone_mapped(image_cli, encoded(light), transfer)
              for light in (1, 10, 50, 203, 500, 1000)}
    for light in (1, 10, 50):
        assert abs(values[light] - 255 * srgb(light / 203)) <= 3
    assert 222 <= values[203] <= 240
    assert values[203] < values[500] < values[1000] and values[1000] >= 253


# --- results --------------------------------------------------------------------------------------

@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA"])
def test_lossless_avif_stays_so(shown, mode):
    """Every pixel of a source that says it has RGB."""
    source = np.asarray(files.image(97, 61, mode))
    result = shown(heif.encode(source, "-l", kind="AVIF"), "AVIF", quality=0)
    if mode == "RGB":
        assert np.array_equal(result, source)
    else:
        assert len(result) == 61


def test_quality_and_size(image_cli):
    data = heif.encode(pixels.smooth_rgb(256, 200), kind="AVIF")
    sizes = [len(image_cli("scale", data, factor=1, quality=quality).data)
             for quality in (20, 60, 95)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2]


@pytest.mark.parametrize("size, effort", [((300, 200), 3), ((1100, 1000), 2), ((1500, 1500), 1)])
def test_effort_by_size(image_cli, size, effort):
    """What is spent where nothing is asked: less of it on large images, which have to be in time."""
    source = files.encode(Image.fromarray(pixels.smooth_rgb(*size)), "PNG")
    asked = [image_cli.query(f"format=avif&effort={level}", source).data for level in (1, 2, 3)]
    result = image_cli.query("format=avif", source).data
    assert [result == each for each in asked] == [level == effort for level in (1, 2, 3)]


# --- what is wrong --------------------------------------------------------------------------------

def test_refused_in_words(image_cli):
    item = heif.coded(heif.smooth(64, 64))
    derived = heif.Item("iden", b"\0", [heif.ispe(64, 64)], [("dimg", [2])])
    result = image_cli("gray", heif.file([derived, item]))
    assert result.status == UNSUPPORTED and "iden" in result.message
    raw = heif.Item("unci", b"\0" * 64, [heif.ispe(8, 8)])
    assert image_cli("gray", heif.file([raw])).status == UNSUPPORTED
    assert image_cli("gray", heif.file([item], extra=5000)).status == UNSUPPORTED
    assert image_cli("gray", heif.file([item], "qt  ")).status in (0, UNSUPPORTED)


def test_huge_and_tiny(image_cli):
    """A size that is not the coded one; one that is too large."""
    item = heif.coded(heif.smooth(64, 64))
    for size in ((60000, 60000), (2 ** 32 - 1, 2 ** 32 - 1)):
        item.properties[0] = heif.ispe(*size)
        assert image_cli("gray", heif.file([item])).status == TOO_LARGE
    item.properties[0] = heif.ispe(65, 64)
    assert image_cli("gray", heif.file([item])).status == CORRUPT
    large = heif.coded(heif.smooth(800, 800))
    large.properties[0] = heif.ispe(8, 8)
    assert image_cli("gray", heif.file([large])).status == CORRUPT
    whole = heif.coded(heif.smooth(64, 64))
    whole.properties[0] = heif.ispe(60000, 60000)
    cut = whole.having(heif.clap(8, 8, 0, 0))
    assert image_cli("gray", heif.file([cut])).status == TOO_LARGE


@pytest.mark.parametrize("kind", KINDS)
def test_data_in_pieces(shown, kind):
    source = heif.smooth(64, 48)
    data = heif.file([heif.coded(source, kind=kind)], BRAND[kind], extents=5)
    assert_alike(shown(data, kind), source)


@pytest.mark.parametrize("kind", KINDS)
def test_cut_off(image_cli, kind):
    """Never half an image."""
    data = heif.encode(pixels.rgb(200, 150), kind=kind)
    for length in np.linspace(0, len(data) - 1, 40).astype(int):
        assert image_cli("gray", data[:length]).status in (UNSUPPORTED, CORRUPT)


@pytest.mark.parametrize("kind", KINDS)
def test_damage(image_cli, kind):
    """Any byte may be wrong: an answer each time."""
    data = heif.encode(pixels.rgb(100, 80), kind=kind)
    chance = random.Random(7)
    for _ in range(150):
        damaged = bytearray(data)
        for _ in range(chance.choice((1, 4, 30))):
            damaged[chance.randrange(len(data))] = chance.randrange(256)
        assert image_cli("gray", bytes(damaged)).status in (0, UNSUPPORTED, CORRUPT, TOO_LARGE)
