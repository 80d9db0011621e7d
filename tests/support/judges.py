# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Judges of images: how far two are apart, and what a file still carries."""
import io
import struct
import subprocess

import numpy
from PIL import Image, ImageSequence


def open_image(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def array(image):
    return numpy.asarray(image).astype(int)


def assert_within(result, expected, tolerance):
    """Every pixel of the one within `tolerance` of the other."""
    assert result.shape == expected.shape, f"{result.shape} is not {expected.shape}"
    worst = numpy.abs(result - expected).max()
    assert worst <= tolerance, f"a pixel is {worst} away"


def psnr(result, expected):
    """Peak signal-to-noise ratio in dB, over all channels."""
    assert result.shape == expected.shape, f"{result.shape} is not {expected.shape}"
    difference = result.astype(numpy.float32) - expected.astype(numpy.float32)
    error = float(numpy.mean(difference * difference))
    return 99.0 if error == 0 else 10 * numpy.log10(255 ** 2 / error)


def luma_of_jpeg(data):
    """The Y plane as the decoder has it, never converted to RGB and back."""
    image = Image.open(io.BytesIO(data))
    image.draft("L", image.size)
    return image.convert("L")


def scaled(length, factor):
    """The contract's size: max(1, floor(in * F + 0.5))."""
    return max(1, int(length * factor + 0.5))


def frames(data):
    """(RGBA pixels, delay in ms) of every frame."""
    found = []
    for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data))):
        frame.load()
        found.append((array(frame.convert("RGBA")), frame.info.get("duration")))
    return found


def webp_chunks(data):
    """The names of a WebP file's chunks, those inside animation frames too."""
    names = []

    def walk(start, end):
        while start + 8 <= end:
            name, length = struct.unpack_from("<4sI", data, start)
            names.append(name)
            if name == b"ANMF":
                walk(start + 8 + 16, start + 8 + length)
            start += 8 + length + length % 2
    walk(12, len(data))
    return names


def imagemagick(data, *operations, size):
    """16-bit RGB[A] pixels as ImageMagick decodes them."""
    out = subprocess.run(["/usr/bin/convert", "-", *operations, "-depth", "16", "-endian", "MSB",
                          "rgba:-"], input=data, capture_output=True, check=True).stdout
    return numpy.frombuffer(out, ">u2").reshape(size[1], size[0], 4).astype(int)
