# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Lossy WebP in its own planes, with alpha and metadata; lossless that stays so."""
import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from pictures import files


def smooth(bands, height=96, width=144):
    small = np.random.default_rng(6).integers(0, 256, (4, 6, bands), dtype=np.uint8)
    planes = [Image.fromarray(small[..., i]).resize((width, height), Image.BICUBIC)
              for i in range(bands)]
    return Image.fromarray(np.stack([np.asarray(plane) for plane in planes], axis=-1))


def values(image):
    return np.asarray(image).astype(int)


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("size", [(96, 144), (61, 83), (1, 7), (7, 1)])
def test_gray(image_cli, bands, size):
    data = files.encode(smooth(bands, *size), "WEBP", quality=95)
    source, gray = files.decode(data), image_cli("gray", data, quality=100).image
    assert gray.mode == source.mode
    assert np.ptp(values(gray)[..., :3], axis=-1).max() <= 1 # as libwebp turns gray into RGB
    visible = values(source.convert("RGBA"))[..., 3] > 0
    difference = np.abs(values(gray.convert("RGB").convert("L")) -
                        values(source.convert("RGB").convert("L")))[visible]
    assert difference.mean() < 1 and difference.max() <= 6
    if bands == 4:
        assert np.array_equal(values(gray)[..., 3], values(source)[..., 3])


@pytest.mark.parametrize("factor", [0.25, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("size", [(150, 250), (151, 217)])
@pytest.mark.parametrize("bands", [3, 4])
def test_smaller(image_cli, bands, size, factor):
    """Odd sizes too: a colour beside its place shows here."""
    data = files.encode(smooth(bands, *size), "WEBP", quality=95)
    result = image_cli("scale", data, factor, quality=100).image
    premultiplied = "RGBa" if bands == 4 else "RGB"
    expected = files.decode(data).convert(premultiplied).resize(result.size, Image.LANCZOS)
    difference = np.abs(values(result.convert(premultiplied)) - values(expected))
    assert result.mode == ("RGBA" if bands == 4 else "RGB")
    assert difference.mean() < 1.8
    if bands == 4:
        assert difference[..., 3].max() <= 2


def test_invisible_colours_do_not_bleed(image_cli):
    """Transparent green beside red, at the edge of the encoder's blocks, where it keeps both."""
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :32] = [255, 0, 0, 255]
    pixels[:, 32:] = [0, 255, 0, 0]
    data = files.encode(Image.fromarray(pixels), "WEBP", quality=100, exact=True)
    result = values(image_cli("scale", data, 0.3, quality=100).image)
    visible = result[result[..., 3] > 40]
    assert visible[:, 0].min() >= 235 and visible[:, 1].max() <= 16


@pytest.mark.parametrize("alpha", [False, True])
def test_the_profile_is_kept_or_heeded(image_cli, alpha):
    profile = files.wide_profile()
    source = smooth(4 if alpha else 3)
    data = files.encode(source, "WEBP", quality=95, icc_profile=profile)
    assert image_cli("scale", data).image.info["icc_profile"] == profile
    gray = image_cli("gray", data, quality=100).image
    assert "icc_profile" not in gray.info
    expected = ImageCms.profileToProfile(
        files.decode(data).convert("RGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"), renderingIntent=1)
    visible = values(files.decode(data).convert("RGBA"))[..., 3] > 0
    difference = np.abs(values(gray.convert("RGB").convert("L")) - values(expected.convert("L")))
    assert difference[visible].mean() < 1.5


def test_an_srgb_profile_changes_nothing(image_cli):
    source = smooth(3)
    plain = image_cli("gray", files.encode(source, "WEBP", quality=95)).data
    tagged = files.encode(source, "WEBP", quality=95, icc_profile=files.srgb_profile())
    assert image_cli("gray", tagged).data == plain


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_orientation_with_alpha(image_cli, operation, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = files.encode(smooth(4), "WEBP", quality=95, exif=exif)
    result = image_cli(operation, data, 1, quality=100).image
    assert result.size == ((144, 96) if orientation == 1 else (96, 144))
    assert not result.getexif()


@pytest.mark.parametrize("bands", [3, 4])
def test_lossless_gray_is_exact(image_cli, bands):
    """Of what packs well and of what does not: the effort differs, the pixels do not."""
    noise = np.random.default_rng(1).integers(0, 256, (61, 83, bands), dtype=np.uint8)
    for source in (Image.fromarray(noise), smooth(bands)):
        data = files.encode(source, "WEBP", lossless=True, exact=True)
        gray = image_cli("gray", data).image
        assert np.array_equal(values(gray)[..., 0], values(source.convert("RGB").convert("L")))


@pytest.mark.parametrize("size", [(33, 33), (17, 65), (201, 153)], ids=str)
def test_one_pixel_has_the_mean(image_cli, size):
    """Chroma that stands for two pixels of the result, of which there is one, lies where that one is."""
    width, height = size
    pixels = np.full((height, width, 3), (150, 60, 90), np.uint8)
    pixels[:, :width // 3] = (40, 90, 150)
    data = files.encode(Image.fromarray(pixels), "WEBP", quality=98)
    result = image_cli("scale", data, 0.6 / max(size), quality=100).image
    expected = files.decode(data).convert("RGB").resize((1, 1), Image.LANCZOS)
    assert result.size == (1, 1)
    assert np.abs(values(result.convert("RGB")) - values(expected)).max() <= 3
