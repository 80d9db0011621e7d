# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Scaling: exact sizes, alpha, depth, profile, and what goes back in the format that came."""
import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from samples import files, png
from support.judges import scaled

STILL = {"JPEG": {"quality": 95}, "PNG": {}, "WEBP": {"quality": 95}, "TIFF": {}}


def smooth(width=96, height=64):
    """Large patches of colour, which every good reduction keeps."""
    patches = np.random.default_rng(2).integers(40, 216, (4, 6, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((width, height), Image.BICUBIC)


@pytest.mark.parametrize("file_format", STILL)
@pytest.mark.parametrize("factor", [0.25, 0.5, 0.6])
def test_the_image_is_the_same_but_smaller(image_cli, file_format, factor):
    data = files.encode(smooth(384, 256), file_format, **STILL[file_format])
    image = image_cli("scale", data, factor, quality=95).image.convert("RGB")
    expected = files.decode(data).convert("RGB").resize(image.size, Image.LANCZOS)
    difference = np.asarray(image).astype(int) - np.asarray(expected).astype(int)
    assert np.abs(difference).mean() < 2.5
    assert abs(difference.mean()) < 0.8


def test_invisible_colours_do_not_bleed(image_cli):
    """Half the image is transparent green: no green may reach the red half."""
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :21] = [255, 0, 0, 255]
    pixels[:, 21:] = [0, 255, 0, 0]
    for file_format in ("PNG", "TIFF", "WEBP"):
        options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
        data = files.encode(Image.fromarray(pixels), file_format, **options)
        result = np.asarray(image_cli("scale", data).image)
        visible = result[result[..., 3] > 8]
        assert visible[:, 1].max() <= 2, file_format
        assert visible[:, 0].min() >= 250, file_format


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_16_bit_stays_16_bit(image_cli, bands):
    samples = np.random.default_rng(1).integers(20000, 40000, (40, 30, bands), dtype=np.uint16)
    result = png.read(image_cli("scale", png.write(samples)).data)
    assert result.dtype == np.uint16
    assert result.shape == (20, 15, bands)
    assert np.any(result % 257 != 0), "16 bits wide but 8 deep"
    boxes = samples.reshape(20, 2, 15, 2, bands).mean(axis=(1, 3))
    assert abs(result.mean() - boxes.mean()) < 300


def reduced(samples, width, height, weights=1):
    """Lanczos in floating point, of each channel times its weights."""
    planes = [Image.fromarray((samples[..., band] * weights).astype(np.float32)).resize(
        (width, height), Image.LANCZOS) for band in range(samples.shape[2])]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("factor", [0.01, 0.125, 0.3, 0.75])
@pytest.mark.parametrize("size", [(161, 122), (40, 1), (1, 40)], ids=str)
def test_16_bit_is_filtered_as_finely(image_cli, size, factor, bands):
    """To within a thousandth, where libvips is off by one in a hundred; alpha weighs."""
    samples = np.random.default_rng(3).integers(0, 65536, (size[1], size[0], bands), dtype=np.uint16)
    alpha = samples[..., -1] / 65535 if bands % 2 == 0 else np.ones(samples.shape[:2])
    result = png.read(image_cli("scale", png.write(samples), factor).data).astype(float)
    height, width = result.shape[:2]
    assert (width, height) == (scaled(size[0], factor), scaled(size[1], factor))
    weights = np.clip(reduced(np.full((*alpha.shape, 1), 65535), width, height, alpha), 0, 65535)
    seen = result[..., -1:] / 65535 if bands % 2 == 0 else 1
    colours = samples[..., :-1] if bands % 2 == 0 else samples
    expected = np.clip(reduced(colours, width, height, alpha), 0, weights)
    assert np.abs(result[..., :colours.shape[2]] * seen - expected).max() <= 65
    if bands % 2 == 0:
        assert np.abs(result[..., -1:] - weights).max() <= 65


def test_lab_stays_lab(image_cli):
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(smooth(), *profiles, outputMode="LAB")
    data = files.encode(lab, "TIFF")
    assert np.array_equal(np.asarray(image_cli("scale", data, 1).image), np.asarray(lab))
    image = image_cli("scale", data).image
    assert image.mode == "LAB"
    back = ImageCms.profileToProfile(image, *reversed(profiles), outputMode="RGB")
    expected = smooth().resize(image.size, Image.LANCZOS)
    assert np.abs(np.asarray(back).astype(int) - np.asarray(expected)).mean() < 2


@pytest.mark.parametrize("file_format", STILL)
def test_the_profile_is_kept(image_cli, file_format):
    profile = files.wide_profile()
    data = files.encode(smooth(), file_format, icc_profile=profile, **STILL[file_format])
    assert image_cli("scale", data).image.info["icc_profile"] == profile


TURNED = {1: lambda i: i, 2: lambda i: i.transpose(Image.FLIP_LEFT_RIGHT),
          3: lambda i: i.transpose(Image.ROTATE_180),
          4: lambda i: i.transpose(Image.FLIP_TOP_BOTTOM), 5: lambda i: i.transpose(Image.TRANSPOSE),
          6: lambda i: i.transpose(Image.ROTATE_270), 7: lambda i: i.transpose(Image.TRANSVERSE),
          8: lambda i: i.transpose(Image.ROTATE_90)}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("file_format", STILL)
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_orientation(image_cli, operation, file_format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = files.encode(smooth(96, 64), file_format, exif=exif, **STILL[file_format])
    result = image_cli(operation, data, quality=95).image
    expected = TURNED[orientation](smooth(96, 64))
    if operation == "scale":
        expected = expected.resize((expected.width // 2, expected.height // 2), Image.LANCZOS)
    assert result.size == expected.size
    assert result.getexif().get(0x0112, 1) == 1
    difference = np.asarray(result.convert("L")).astype(int) - np.asarray(expected.convert("L"))
    assert np.abs(difference).mean() < 3
    if operation == "gray" and file_format in ("PNG", "TIFF"):
        assert np.abs(difference).max() <= 2


@pytest.mark.parametrize("quality", [10, 50, 90])
@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
def test_quality_counts(image_cli, file_format, quality):
    noisy = Image.fromarray(np.random.default_rng(1).integers(0, 256, (80, 80, 3), dtype=np.uint8))
    data = files.encode(noisy, file_format, quality=95)
    sizes = [len(image_cli("scale", data, 0.9, quality=q).data) for q in (quality, quality + 10)]
    assert sizes[0] < sizes[1]


def test_lossless_webp_stays_lossless(image_cli):
    lossless = image_cli("scale", files.encode(smooth(), "WEBP", lossless=True)).data
    lossy = image_cli("scale", files.encode(smooth(), "WEBP", quality=80)).data
    assert b"VP8L" in lossless[:64] and b"VP8L" not in lossy[:64]


def test_cmyk_stays_cmyk(image_cli):
    data = files.cmyk_jpeg()
    image = image_cli("scale", data, quality=95).image
    expected = files.decode(data).resize(image.size, Image.LANCZOS)
    assert image.mode == "CMYK"
    assert np.abs(np.asarray(image).astype(int) - np.asarray(expected)).mean() < 4


@pytest.mark.parametrize("factor", [0.01, 0.07, 0.125, 0.3, 0.33, 0.34, 0.5])
def test_cmyk_reduced_while_it_is_decoded(image_cli, factor):
    """The general path lets libjpeg reduce by 2, 4 or 8: the size stays exact, the image in its place,
    also where what libvips leaves out of it is a good part of all there is."""
    for width, height in ((333, 217), (400, 256), (127, 95), (31, 47), (5, 100), (100, 7)):
        data = files.encode(smooth(width, height).convert("CMYK"), "JPEG", quality=95)
        image = image_cli("scale", data, factor, quality=95).image
        assert image.size == (scaled(width, factor), scaled(height, factor))
        expected = files.decode(data).resize(image.size, Image.LANCZOS)
        assert np.abs(np.asarray(image).astype(int) - np.asarray(expected)).mean() < 2


def code_lengths(jpeg, table):
    """How long the code of each value is; `table` as in a DHT: 0x10 is the luma's AC coefficients."""
    at = 2
    while jpeg[at + 1] != 0xda:
        size = int.from_bytes(jpeg[at + 2:at + 4], "big")
        if jpeg[at + 1] == 0xc4 and jpeg[at + 4] == table:
            counts, values = jpeg[at + 5:at + 21], jpeg[at + 21:at + 2 + size]
            lengths = [length for length in range(16) for _ in range(counts[length])]
            return {value: length + 1 for value, length in zip(values, lengths)}
        at += 2 + size
    return {}


def test_jpeg_whose_blocks_hardly_ever_end_early(image_cli):
    """Then the code that says so is long, longer than a look at the table shows."""
    pixels = np.random.default_rng(4).integers(0, 256, (512, 512), dtype=np.uint8)
    pixels[80:88, 160:168] = 128
    data = files.encode(Image.fromarray(pixels), "JPEG", quality=100, optimize=True)
    assert code_lengths(data, 0x10)[0] > 11
    result = np.asarray(image_cli("scale", data, 1, quality=100).image).astype(int)
    assert np.abs(result - np.asarray(files.decode(data)).astype(int)).max() <= 2


@pytest.mark.parametrize("size", [(301, 200), (300, 201), (301, 201), (33, 17)])
@pytest.mark.parametrize("progressive", [False, True])
def test_odd_sizes_are_halved_to_the_place(image_cli, size, progressive):
    """Waves that a shift by half a sample of the result, at the end, would change by 10 in the mean."""
    width, height = size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    pixels = 128 + 60 * np.sin(x * 0.4) + 60 * np.sin(y * 0.35)
    source = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    data = files.encode(source, "JPEG", quality=97, progressive=progressive)
    image = image_cli("scale", data, 0.5, quality=95).image
    expected = source.resize(image.size, Image.LANCZOS)
    difference = np.asarray(image).astype(int) - np.asarray(expected).astype(int)
    assert np.abs(difference[:, -8:]).mean() < 3
    assert np.abs(difference[-8:]).mean() < 3
    assert np.abs(difference).mean() < 2


@pytest.mark.parametrize("size", [(301, 200), (300, 200)])
def test_half_is_filtered_in_full(image_cli, size):
    """Waves close to what the result can just hold, across blocks."""
    width, height = size
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    pixels = 128 + 60 * np.sin(x * 0.9) + 60 * np.sin(y * 0.8)
    source = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    image = image_cli("scale", files.encode(source, "JPEG", quality=97), 0.5, quality=95).image
    expected = source.resize(image.size, Image.LANCZOS)
    difference = np.asarray(image).astype(int) - np.asarray(expected).astype(int)
    assert np.abs(difference).mean() < 1.5


def chroma_waves(side, period):
    """Cb waves from left to right, Cr from top to bottom."""
    wave = np.tile(128 + 50 * np.sin(np.arange(side) * 2 * np.pi / period), (side, 1))
    planes = [np.full((side, side), 128), wave, wave.T]
    return Image.merge("YCbCr", [Image.fromarray(np.rint(plane).astype(np.uint8))
                                 for plane in planes])


def contrast(image, band, axis, period):
    """The amplitude of such a wave, as the image is shown."""
    line = np.asarray(image.convert("YCbCr"))[..., band].mean(axis) - 128
    turns = np.exp(-2j * np.pi * np.arange(line.size) / period)
    return abs(line @ turns) * 2 / line.size


HALVED = {"JPEG 4:2:0": {"subsampling": "4:2:0"}, "JPEG 4:2:2": {"subsampling": "4:2:2"},
          "JPEG 4:4:4": {"subsampling": "4:4:4"},
          "JPEG progressive": {"subsampling": "4:2:0", "progressive": True}, "WEBP": {}}


@pytest.mark.parametrize("kind", HALVED)
@pytest.mark.parametrize("factor", [0.0625, 0.125, 0.25, 0.5, 0.75])
def test_chroma_is_shown_with_its_contrast(image_cli, factor, kind):
    """Halved chroma is interpolated by whoever shows it, which would take off a tenth and more."""
    source = chroma_waves(round(96 / factor), 12 / factor)
    if kind == "WEBP":
        source = source.convert("RGB")
    data = files.encode(source, kind.split()[0], quality=97, **HALVED[kind])
    image = image_cli("scale", data, factor, quality=97).image
    expected = files.decode(data).convert("RGB").resize(image.size, Image.LANCZOS)
    for band, axis in ((1, 0), (2, 1)):
        ratio = contrast(image, band, axis, 12) / contrast(expected, band, axis, 12)
        assert 0.965 < ratio < 1.035


@pytest.mark.parametrize("factor", [0.01, 0.125, 0.3])
@pytest.mark.parametrize("size", [(1, 50), (50, 1), (7, 7), (1, 1), (15, 200)], ids=str)
def test_narrow_cmyk(image_cli, size, factor):
    """Narrower than what libjpeg would reduce it by."""
    data = files.encode(smooth(*size).convert("CMYK"), "JPEG", quality=95)
    image = image_cli("scale", data, factor, quality=95).image
    assert image.size == (scaled(size[0], factor), scaled(size[1], factor))
    expected = files.decode(data).resize(image.size, Image.LANCZOS)
    assert np.abs(np.asarray(image).astype(int) - np.asarray(expected)).mean() < 4


@pytest.mark.parametrize("factor", [0.05, 0.08, 0.15])
@pytest.mark.parametrize("size", [(519, 263), (527, 271)], ids=str)
def test_cmyk_stays_in_its_place(image_cli, size, factor):
    """A ramp shows the least shift, at the far edges most of all."""
    ramp = np.add.outer(np.linspace(0, 120, size[1]), np.linspace(0, 120, size[0]))
    plane = Image.fromarray(ramp.astype(np.uint8))
    data = files.encode(Image.merge("CMYK", [plane] * 4), "JPEG", quality=98, subsampling=0)
    image = image_cli("scale", data, factor, quality=98).image
    expected = files.decode(data).resize(image.size, Image.LANCZOS)
    difference = np.asarray(image).astype(int) - np.asarray(expected)
    assert np.abs(difference)[:-1, :-1].max() <= 2


def test_lossless_webp_with_a_quality_becomes_lossy(image_cli):
    data = files.encode(smooth(), "WEBP", lossless=True)
    assert b"VP8L" not in image_cli("scale", data, quality=30).data[:64]


def test_jpeg_keeps_its_subsampling_where_it_is_fine(image_cli):
    """A scaled 4:4:4 JPEG is 4:4:4, a 4:2:0 one 4:2:0, from a quality of 90 on; below, all are 4:2:0."""
    for subsampling in (0, 1, 2):
        body = files.jpeg(256, 192, subsampling=subsampling)
        fine = Image.open(io.BytesIO(image_cli("scale", body, quality=90).data))
        assert [layer[1:3] for layer in fine.layer] == [
            layer[1:3] for layer in Image.open(io.BytesIO(body)).layer]
        small = Image.open(io.BytesIO(image_cli("scale", body, quality=89).data))
        assert [layer[1:3] for layer in small.layer] == [(2, 2), (1, 1), (1, 1)]


def test_linear_light_of_a_jpeg(image_cli):
    """libjpeg can reduce while it decodes, but means encoded values: every second pixel white would be 128."""
    board = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    data = files.encode(Image.fromarray(board), "JPEG", quality=100)
    for factor in (2, 4, 16):
        result = np.asarray(image_cli("do", data, f"width={256 // factor}&linear=true&format=png").image)
        assert np.abs(result[3:-3, 3:-3].astype(int) - 188).max() <= 2, factor
