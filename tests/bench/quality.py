# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""How good an image is: a reduced one against a full decode and lanczos3, of RGB and of luma; a
gray one against the luma that the source holds."""
import io

import numpy
from PIL import Image

WINDOW = 8


class Ideal:
    """What answers should be: the source is decoded once, and reduced to each size that comes."""

    def __init__(self, path, operation):
        image = Image.open(path)
        if operation.startswith("gray"):
            image.draft("L", image.size) # the Y of the JPEG itself, not that of its RGB
            self.source, factor = image.convert("L"), 1
        else:
            self.source, factor = image.convert("RGB"), float(operation)
        self.size = [max(1, int(length * factor + 0.5)) for length in image.size]
        self.made = {}

    def of(self, size):
        """nginx takes a size as a frame and keeps the proportions: it may be a pixel off."""
        assert all(abs(got - asked) <= 1 for got, asked in zip(size, self.size)), (size, self.size)
        if size not in self.made:
            self.made[size] = self.source.resize(size, Image.LANCZOS)
        return self.made[size]


    def encoded(self, level):
        """The image that answers should be, as a JPEG with chroma halved."""
        data = io.BytesIO()
        self.of(tuple(self.size)).save(data, "jpeg", quality=level)
        return data.getvalue()


def psnr(first, second):
    """In decibels; None where they are the same."""
    error = numpy.mean(numpy.square(first.astype(numpy.int16) - second, dtype=numpy.int32))
    return float(10 * numpy.log10(255 ** 2 / error)) if error else None


def windows(values):
    """Means over windows of WINDOW x WINDOW, side by side."""
    height, width = (length // WINDOW * WINDOW for length in values.shape)
    return values[:height, :width].reshape(
        height // WINDOW, WINDOW, width // WINDOW, WINDOW).mean((1, 3))


def ssim(first, second):
    """The mean structural similarity of two luma planes (Wang et al. 2004, uniform windows)."""
    x, y = first.astype(numpy.float32), second.astype(numpy.float32)
    mean_x, mean_y = windows(x), windows(y)
    variance_x, variance_y = windows(x * x) - mean_x ** 2, windows(y * y) - mean_y ** 2
    covariance = windows(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(numpy.mean((2 * mean_x * mean_y + c1) * (2 * covariance + c2) /
                            ((mean_x ** 2 + mean_y ** 2 + c1) * (variance_x + variance_y + c2))))


def judge(data, ideal):
    """PSNR and SSIM of an answer."""
    image = Image.open(io.BytesIO(data)).convert(ideal.source.mode)
    wanted = ideal.of(image.size)
    return (psnr(numpy.asarray(image), numpy.asarray(wanted)),
            ssim(numpy.asarray(image.convert("L")), numpy.asarray(wanted.convert("L"))))
