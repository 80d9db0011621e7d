# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Gray and another size in one job: the size is exact, the result gray, and its values those of Pillow's."""
import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from samples import files
from support.programs import is_image_cli_instrumented

FORMATS = {"JPEG": {"quality": 95, "subsampling": 0}, "PNG": {}, "WEBP": {"quality": 95}, "TIFF": {},
           "GIF": {}}


def smooth(mode="RGB", width=240, height=160):
    patches = np.random.default_rng(7).integers(40, 216, (4, 6, len(mode)), dtype=np.uint8)
    return Image.fromarray(patches, mode).resize((width, height), Image.BICUBIC)


def luma(image):
    """Over all frames, as R, G and B, of which gray has three times the same."""
    return [np.asarray(frame.convert("RGB"), dtype=float)
            for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("factor", [0.5, 0.3, 0.75])
@pytest.mark.parametrize("file_format", FORMATS)
def test_values(image_cli, file_format, factor):
    source = smooth()
    data = files.encode(source, file_format, **FORMATS[file_format])
    image = image_cli("both", data, factor, quality=95).image
    expected = files.decode(data).convert("RGB").resize(image.size, Image.LANCZOS).convert("L")
    assert image.format == file_format
    assert image.size == (round(240 * factor), round(160 * factor))
    pixels, = luma(image)
    assert np.ptp(pixels, axis=-1).max() <= 1 # WebP's own conversion
    difference = pixels[..., 1] - np.asarray(expected, dtype=float)
    assert np.abs(difference).mean() < 2
    assert abs(difference.mean()) < 0.7


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_kept(image_cli, file_format):
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :20] = [200, 100, 50, 255]
    pixels[:, 20:] = [0, 255, 0, 0]
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    data = files.encode(Image.fromarray(pixels), file_format, **options)
    result = np.asarray(image_cli("both", data).image.convert("RGBA")).astype(int)
    assert result.shape == (20, 20, 4)
    assert np.abs(result[:, :9, :3] - 124).max() <= 2 # 0.299 * 200 + 0.587 * 100 + 0.114 * 50
    assert result[:, :9, 3].min() >= 254 and result[:, 11:, 3].max() <= 1
    visible = result[result[..., 3] > 8]
    assert np.abs(visible[:, 0] - 124).max() <= 8 # rounding at faint alpha; green would add 26


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "TIFF"])
def test_every_frame(image_cli, file_format):
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue", "white")]
    body = io.BytesIO()
    options = {"duration": 70, "loop": 3} if file_format != "TIFF" else {}
    frames[0].save(body, file_format, save_all=True, append_images=frames[1:], **options)
    image = image_cli("both", body.getvalue()).image
    found = luma(image)
    assert len(found) == 4
    for pixels, expected in zip(found, (76, 150, 29, 255)):
        assert pixels.shape == (24, 32, 3)
        assert np.abs(pixels - expected).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright(image_cli, orientation):
    source = smooth(width=96, height=64)
    exif = Image.Exif()
    exif[0x0112] = orientation
    for file_format in ("JPEG", "PNG", "WEBP"):
        data = files.encode(source, file_format, exif=exif.tobytes(), quality=95)
        image = image_cli("both", data, 0.5, quality=95).image
        plain = image_cli("scale", data, 0.5, quality=95).image
        assert image.size == plain.size == ((48, 32) if orientation < 5 else (32, 48))
        pixels, = luma(image)
        expected = np.asarray(plain.convert("L"), dtype=float)
        assert np.abs(pixels[..., 0] - expected).mean() < 2


def test_deep_samples_stay_deep(image_cli):
    pixels = (np.arange(64 * 64, dtype=np.uint32) * 16).astype(np.uint16).reshape(64, 64)
    data = files.encode(Image.fromarray(pixels), "PNG")
    image = image_cli("both", data).image
    assert image.mode.startswith("I") and image.size == (32, 32)
    assert np.abs(np.asarray(image).astype(int) -
                  pixels.astype(int).reshape(32, 2, 32, 2).mean(axis=(1, 3)))[4:-4, 4:-4].max() < 64


def test_a_quality_that_is_not_asked_for_is_no_worse_than_the_source(image_cli):
    source = smooth()
    sizes = {quality: len(image_cli("both", files.encode(source, "JPEG", quality=quality)).data)
             for quality in (30, 80, 98)}
    assert sizes[30] <= sizes[80] * 1.2 # 80, as everything
    assert sizes[98] > sizes[80] * 1.5


@pytest.mark.skipif(is_image_cli_instrumented(),
                    reason="instrumented code has other costs")
def test_luma_alone_is_decoded(image_cli):
    """It costs less than all planes of an image whose chroma is as large as its luma."""
    source = Image.fromarray(np.random.default_rng(1).integers(0, 255, (1500, 2000, 3), dtype=np.uint8))
    data = files.encode(source, "JPEG", quality=90, subsampling=0)
    times = [[image_cli.query(f"scale=0.5&{query}", data).cpu_s for query in ("gray=luma", "subsampling=444")]
             for _ in range(5)]
    both, scale = map(min, zip(*times))
    assert both < 0.85 * scale
