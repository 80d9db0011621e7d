# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""How good a reduced picture is: against a full decode and lanczos3, of RGB and of luma."""
import io

import numpy
from PIL import Image

WINDOW = 8


def reference(path, factor):
    """What a reduced picture should be."""
    image = Image.open(path).convert("RGB")
    size = tuple(max(1, int(length * factor + 0.5)) for length in image.size)
    return image.resize(size, Image.LANCZOS)


def psnr(first, second):
    error = numpy.mean((first.astype(float) - second.astype(float)) ** 2)
    return 99.0 if error == 0 else 10 * numpy.log10(255 ** 2 / error)


def box(values):
    """Means over all WINDOW x WINDOW windows."""
    sums = numpy.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return (sums[WINDOW:, WINDOW:] - sums[:-WINDOW, WINDOW:] - sums[WINDOW:, :-WINDOW]
            + sums[:-WINDOW, :-WINDOW]) / WINDOW ** 2


def ssim(first, second):
    """The mean structural similarity of two luma planes (Wang et al. 2004, uniform windows)."""
    x, y = first.astype(float), second.astype(float)
    mean_x, mean_y = box(x), box(y)
    variance_x, variance_y = box(x * x) - mean_x ** 2, box(y * y) - mean_y ** 2
    covariance = box(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(numpy.mean((2 * mean_x * mean_y + c1) * (2 * covariance + c2) /
                            ((mean_x ** 2 + mean_y ** 2 + c1) * (variance_x + variance_y + c2))))


def judge(data, ideal):
    """PSNR in RGB and SSIM of luma of an answer."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    assert image.size == ideal.size, (image.size, ideal.size)
    return (psnr(numpy.asarray(image), numpy.asarray(ideal)),
            ssim(numpy.asarray(image.convert("L")), numpy.asarray(ideal.convert("L"))))
