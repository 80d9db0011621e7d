# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The benchmark's judges of quality, against figures by hand."""
import io
import math

import numpy
import pytest
from PIL import Image

import quality


def noise(amplitude):
    return numpy.random.default_rng(1).integers(-amplitude, amplitude + 1, (64, 64))


def plane():
    return numpy.add.outer(numpy.arange(64) * 2, numpy.arange(64) * 2).astype(numpy.uint8)


def test_psnr_of_an_error_of_three():
    first = numpy.full((9, 7, 3), 200, numpy.uint8)
    assert quality.psnr(first, first - 3) == pytest.approx(20 * math.log10(255 / 3))
    assert quality.psnr(first - 3, first) == pytest.approx(20 * math.log10(255 / 3))


def test_psnr_of_black_and_white():
    """255 squared does not overflow; the same image has none."""
    black, white = numpy.zeros((8, 8), numpy.uint8), numpy.full((8, 8), 255, numpy.uint8)
    assert quality.psnr(black, white) == pytest.approx(0)
    assert quality.psnr(white, white) is None


def test_ssim_falls_with_noise():
    clean = plane()
    little, much = (numpy.clip(clean + noise(size), 0, 255).astype(numpy.uint8) for size in (2, 20))
    assert quality.ssim(clean, clean) == pytest.approx(1)
    assert 1 > quality.ssim(clean, little) > quality.ssim(clean, much) > 0


def test_ssim_by_hand():
    """One window, all variance in the one and none in the other: the luminance term and c2."""
    first = numpy.zeros((8, 8), numpy.uint8)
    first[:4] = 100
    c1, c2 = 2.55 ** 2, 7.65 ** 2
    expected = c2 / (2500 + c2) * (2 * 50 * 50 + c1) / (50 ** 2 + 50 ** 2 + c1)
    assert quality.ssim(first, numpy.full((8, 8), 50, numpy.uint8)) == pytest.approx(expected, 1e-5)


def test_a_perfect_answer_is_perfect(tmp_path):
    """The lanczos3 reduction itself, and the source's own luma; a size that is off is refused."""
    path = tmp_path / "photo.jpg"
    Image.fromarray(numpy.stack([plane(), plane().T, plane()], 2)).save(path, quality=90)
    source, luma = Image.open(path), Image.open(path)
    luma.draft("L", luma.size)
    for operation, answer in (("0.5", source.resize((32, 32), Image.LANCZOS)),
                              ("gray", luma.convert("L"))):
        assert quality.judge(png(answer), quality.Ideal(path, operation)) == (
            None, pytest.approx(1))
    with pytest.raises(AssertionError):
        quality.judge(png(source.resize((30, 32))), quality.Ideal(path, "0.5"))


def test_the_best_that_can_be_had(tmp_path):
    path = tmp_path / "photo.jpg"
    Image.fromarray(numpy.random.default_rng(3).integers(
        0, 256, (64, 64, 3), dtype=numpy.uint8)).save(path, quality=90)
    ideal = quality.Ideal(path, "0.5")
    coarse, fine = (quality.judge(ideal.encoded(level), ideal)[0] for level in (50, 95))
    assert Image.open(io.BytesIO(ideal.encoded(50))).size == tuple(ideal.size)
    assert 15 < coarse < fine


def png(image):
    data = io.BytesIO()
    image.save(data, "png")
    return data.getvalue()
