# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Pixels behind a JPEG's edges, in its last blocks, are not to be seen in a reduced image: not what an
encoder fills them with, and not what a lossless crop leaves there. The judge is a full decode, and Lanczos
of the pixels that there are."""
import io
import subprocess

import numpy as np
import pytest
from PIL import Image

from samples import files, jpeg

FACTORS = [0.9, 0.75, 0.7, 0.5, 0.33, 0.25, 0.125, 0.1, 0.05]
SAMPLINGS = {"4:4:4": "1x1", "4:2:0": "2x2", "4:2:2": "2x1", "4:4:0": "1x2", "4:1:1": "4x1",
             "gray": None}
BEHIND = 32                    # pixels, a whole MCU of any sampling and more


def smooth(width, height, patches=(3, 4), seed=1):
    colours = np.random.default_rng(seed).integers(60, 196, (*patches, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(colours).resize((width, height), Image.BICUBIC))


def surround(pixels):
    """On the right and below, whatever is furthest from each pixel at the edge."""
    height, width = pixels.shape[:2]
    large = np.zeros((height + BEHIND, width + BEHIND, 3), np.uint8)
    large[:height, :width] = pixels
    large[:height, width:] = np.where(pixels[:, -1:] < 128, 255, 0)
    large[height:] = np.where(large[height - 1:height] < 128, 255, 0)
    return large


def crop(pixels, sampling="4:4:4", progressive=False, quality=97):
    """A JPEG of these pixels, with others behind its edges."""
    height, width = pixels.shape[:2]
    image = Image.fromarray(surround(pixels)).convert("RGB" if SAMPLINGS[sampling] else "L")
    source = io.BytesIO()
    image.save(source, "PPM")
    options = ["-sample", SAMPLINGS[sampling]] if SAMPLINGS[sampling] else []
    whole = subprocess.run(["cjpeg", "-quality", str(quality), *options], input=source.getvalue(),
                           check=True, capture_output=True).stdout
    options = ["-progressive"] if progressive else []
    return subprocess.run(["jpegtran", *options, "-crop", f"{width}x{height}+0+0"], input=whole,
                          check=True, capture_output=True).stdout


def turn(data, orientation):
    """The same with that orientation in its EXIF."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    segment = exif.tobytes()
    return data[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]


def differences(result, data, mode="RGB"):
    source = files.decode(data)
    if mode == "L":
        source.draft("L", source.size)
    expected = source.convert(mode).resize(result.size, Image.LANCZOS)
    return np.asarray(result.convert(mode)).astype(float) - np.asarray(expected)


def check(result, data):
    """The last columns and rows, in the mean, and each of their pixels as well as those inside."""
    difference = differences(result, data)
    inside = np.abs(difference[:-2, :-2]).max(initial=0)
    for edge in (difference[:, -1], difference[:, -2:], difference[-1], difference[-2:]):
        assert np.abs(edge.mean(axis=tuple(range(edge.ndim - 1)))).max() < 1.5
        assert np.abs(edge).max() <= max(inside, 4) + 4


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("sampling", ["4:4:4", "gray"])
@pytest.mark.parametrize("factor", FACTORS)
def test_edges_of_any_size(image_cli, factor, sampling, progressive):
    """Of each number of columns and rows that the last blocks may hold."""
    for width, height in ((201, 158), (203, 151), (205, 156), (207, 153), (202, 159), (204, 154)):
        data = crop(smooth(width, height), sampling, progressive)
        check(image_cli("scale", data, factor, quality=100).image, data)


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("factor", FACTORS)
def test_edges_of_subsampled_chroma(image_cli, factor, sampling, progressive):
    """Chroma whose last pixels lie inside the image. (Else the source itself mixes both.)"""
    for width, height in ((380, 290), (396, 300)):
        data = crop(smooth(width, height, (2, 3)), sampling, progressive)
        result = image_cli("scale", data, factor, quality=100).image
        if min(result.size) > 30: # or chroma, halved in the result, has no room for so many colours
            check(result, data)


@pytest.mark.parametrize("sampling", ["4:2:0", "4:2:2", "4:4:0", "4:1:1"])
@pytest.mark.parametrize("factor", [0.5, 0.25, 0.125])
def test_chroma_half_behind_the_edge(image_cli, factor, sampling):
    """The source's last chroma is half of what is behind the edge: it counts by what is inside."""
    data = crop(smooth(361, 283, (2, 3)), sampling)
    difference = differences(image_cli("scale", data, factor, quality=100).image, data)
    for edge in (difference[:, -1], difference[-1]):
        assert np.abs(edge.mean(axis=0)).max() < 14


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("factor", [0.6, 0.5, 0.125])
def test_turned_edges(image_cli, factor, orientation):
    plain = crop(smooth(203, 157))
    data = turn(plain, orientation)
    turned = {1: lambda i: i, 2: lambda i: i.transpose(Image.FLIP_LEFT_RIGHT),
              3: lambda i: i.transpose(Image.ROTATE_180),
              4: lambda i: i.transpose(Image.FLIP_TOP_BOTTOM),
              5: lambda i: i.transpose(Image.TRANSPOSE), 6: lambda i: i.transpose(Image.ROTATE_270),
              7: lambda i: i.transpose(Image.TRANSVERSE), 8: lambda i: i.transpose(Image.ROTATE_90)}
    result = image_cli("scale", data, factor, quality=100).image
    source = turned[orientation](files.decode(plain).convert("RGB"))
    expected = source.resize(result.size, Image.LANCZOS)
    difference = np.abs(np.asarray(result.convert("RGB")).astype(float) - np.asarray(expected))
    assert difference.max() <= 6
    assert difference.mean() < 1


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("side", [9, 17, 33, 66, 130, 200])
def test_tiny_results_have_the_mean(image_cli, side, sampling, progressive):
    """Two colours to a few pixels. Not of chroma that the source shares with what is behind the edge."""
    pixels = np.empty((side, side, 3), np.uint8)
    pixels[:, :side // 3] = (40, 90, 150)
    pixels[:, side // 3:] = (150, 60, 90)
    if SAMPLINGS[sampling] not in (None, "1x1") and side % 4 != 0:
        sampling = "4:4:4"
    data = crop(pixels, sampling, progressive)
    for pixels in (1, 2, 3):
        result = image_cli("scale", data, pixels / side, quality=100).image
        difference = differences(result, data)
        assert result.size == (pixels, pixels)
        if pixels == 1 or SAMPLINGS[sampling] in (None, "1x1"): # else they share one chroma
            assert np.abs(difference).max() <= 3


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("factor", [0.01, 0.001, 0.0003])
def test_a_large_image_made_tiny(image_cli, factor, progressive):
    """Of hundreds of samples each, which must not round one by one."""
    data = files.encode(Image.new("RGB", (3003, 4001), (200, 40, 90)), "JPEG", quality=95,
                        progressive=progressive)
    assert np.abs(differences(image_cli("scale", data, factor, quality=100).image, data)).max() <= 2


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("quality", [0, 95])
@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:0", "gray"])
def test_gray_then_scaled(image_cli, sampling, quality, orientation):
    data = turn(crop(smooth(203, 157), sampling), orientation)
    gray = image_cli("gray", data, quality=quality).data
    for factor in (0.6, 0.5, 0.125):
        result = image_cli("scale", gray, factor, quality=100).image
        difference = differences(result, gray, "L")
        assert np.abs(difference[:, -1]).max() <= 3 and np.abs(difference[-1]).max() <= 3
        assert np.abs(difference[:, 0]).max() <= 3 and np.abs(difference[0]).max() <= 3


def detailed(width, height):
    """Fine enough that a pixel at the edge is not like its neighbours."""
    coarse = np.random.default_rng(width).integers(40, 216, (height // 6, width // 6, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.BICUBIC)


@pytest.mark.parametrize("kind", ["RGB", "RGB progressive", "CMYK", "arithmetic", "gray arithmetic"])
@pytest.mark.parametrize("factor", [0.33, 0.25, 0.125, 0.1, 0.05])
def test_pixels_at_the_edge_count_in_full(image_cli, factor, kind):
    """Also where the last of eight, four or two that a decoder takes together are not all there."""
    for width, height in ((279, 244), (348, 279), (353, 271)):
        image = detailed(width, height)
        if kind == "CMYK":
            data = files.encode(image.convert("CMYK"), "JPEG", quality=97)
        else:
            options = {"RGB": ["-rgb"], "RGB progressive": ["-rgb", "-progressive"],
                       "arithmetic": ["-sample", "1x1", "-arithmetic"],
                       "gray arithmetic": ["-grayscale", "-arithmetic"]}[kind]
            data = jpeg.cjpeg(image, "-quality", "97", *options)
        plain = jpeg.jpegtran(data) if "arithmetic" in kind else data # for the judge
        result = image_cli("scale", data, factor, quality=100).image
        difference = np.abs(differences(result, plain, result.mode))
        inside = difference[2:-2, 2:-2].mean()
        for edge in (difference[0], difference[-1], difference[:, 0], difference[:, -1]):
            assert edge.mean() < inside + 1
