# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Blur against the sum that defines it, its time, which does not grow with sigma, and sharpening's."""

import numpy as np
import pytest
from PIL import Image

from samples import files, png
from support import reference
from support.judges import psnr

SIGMAS = [0.3, 1, 2.7, 7.99, 8, 11.9, 12, 25, 77.7, 100] # from 8 on cells are blurred, 2 and more wide
STATED_DB = 50
NOISE = np.random.default_rng(3)


def noise(height, width, bands):
    return NOISE.integers(0, 256, (height, width, bands), dtype=np.uint8)


IMAGES = {
    "noise": noise(73, 111, 3), "alpha": noise(60, 91, 4), "gray": noise(80, 50, 1), "a row": noise(1, 300, 3),
    "a column": noise(300, 2, 4), "a pixel": noise(1, 1, 3), "a photograph": np.asarray(files.image(150, 100)),
    "edges": np.kron(np.indices((4, 5)).sum(0) % 2 * 255, np.ones((30, 30)))[..., None].repeat(3, 2).astype(np.uint8),
}


def seen(pixels):
    """Of transparent pixels the alpha alone."""
    if pixels.shape[2] != 4:
        return pixels
    return pixels * np.where(pixels[..., 3:] > 0, 1, 0)


@pytest.mark.parametrize("name", IMAGES)
def test_blur_is_the_sum(image_cli, name):
    pixels = IMAGES[name]
    data = files.encode(Image.fromarray(pixels.squeeze() if name == "gray" else pixels), "PNG")
    for sigma in SIGMAS:
        result = np.atleast_3d(np.asarray(image_cli("do", data, f"blur={sigma}").image))
        expected, _ = reference.render(pixels, 1, {"blur": str(sigma)})
        found = psnr(seen(result), seen(expected.round()))
        assert found >= STATED_DB, f"sigma {sigma}: {found:.1f} dB"


@pytest.mark.parametrize("sigma", [0.7, 5, 20])
def test_blur_of_16_bits(image_cli, sigma):
    samples = NOISE.integers(0, 65536, (80, 90, 3), dtype=np.uint16)
    result = png.read(image_cli("do", png.write_any(samples, 16, 2), f"blur={sigma}").data).astype(float)
    expected, _ = reference.render(samples, 1, {"blur": str(sigma)})
    assert psnr(result / 257, expected / 257) >= STATED_DB + 10


@pytest.mark.parametrize("sigma", SIGMAS)
def test_flat_stays_flat(image_cli, sigma):
    pixels = np.full((40, 50, 4), [200, 100, 30, 77], np.uint8)
    result = np.asarray(image_cli("do", files.encode(Image.fromarray(pixels), "PNG"), f"blur={sigma}").image)
    assert np.array_equal(result, pixels)


def test_time_does_not_grow_with_sigma(image_cli):
    data = files.encode(Image.fromarray(noise(900, 1200, 3)), "PNG", compress_level=1)

    def seconds(sigma):
        return min(image_cli("do", data, f"blur={sigma}&format=jpeg").cpu_s for _ in range(3))

    assert seconds(100) <= 2 * seconds(1)


def test_alpha_costs_sharpening_little(image_cli):
    """libvips' own splits alpha off for each of its conversions, and computes all before it once more."""
    pixels = noise(300, 400, 4)

    def seconds(bands):
        data = files.encode(Image.fromarray(pixels[..., :bands]), "PNG", compress_level=1)
        return min(image_cli("do", data, "sharpen=1&format=tiff").cpu_s for _ in range(3))

    assert seconds(4) <= 3 * seconds(3)


def test_sharpening_keeps_alpha(image_cli):
    pixels = noise(40, 50, 4)
    result = np.asarray(image_cli("do", files.encode(Image.fromarray(pixels), "PNG"), "sharpen=1").image)
    opaque = np.asarray(image_cli("do", files.encode(Image.fromarray(pixels[..., :3]), "PNG"), "sharpen=1").image)
    assert np.array_equal(result[..., 3], pixels[..., 3])
    assert np.array_equal(result[..., :3], opaque)
