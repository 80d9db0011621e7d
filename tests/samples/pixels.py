# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Pixels as numpy arrays: every colour, smooth parts and sharp edges, the same for the same seed."""
import numpy


def rgb(width, height, seed=0):
    """uint8, height x width x 3: waves of three colours, a checkerboard corner, a few hard boxes."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    channels = []
    for _ in range(3):
        fx, fy, phase = random.uniform(0.5, 3, 2).tolist() + [random.uniform(0, 6.28)]
        wave = numpy.sin(6.28 * (fx * x / max(width, 8) + fy * y / max(height, 8)) + phase)
        channels.append(127.5 + 127.5 * wave)
    image = numpy.stack(channels, axis=-1).round().astype(numpy.uint8)
    for _ in range(4):
        left, top = random.integers(0, width), random.integers(0, height)
        image[top:top + height // 5 + 1, left:left + width // 5 + 1] = random.integers(0, 256, 3)
    corner = image[:height // 4, :width // 4]
    corner[(numpy.indices(corner.shape[:2]).sum(axis=0) % 2) == 0] = 255 - seed % 256
    return image


def smooth_rgb(width, height, seed=0):
    """The waves alone: for lossy formats, whose error a hard edge would hide."""
    random = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    channels = []
    for _ in range(3):
        fx, fy, phase = random.uniform(0.5, 2, 2).tolist() + [random.uniform(0, 6.28)]
        wave = numpy.sin(6.28 * (fx * x / max(width, 8) + fy * y / max(height, 8)) + phase)
        channels.append(127.5 + 90 * wave)
    return numpy.stack(channels, axis=-1).round().astype(numpy.uint8)


def alpha(width, height):
    """uint8, height x width: from transparent at the left to opaque at the right."""
    row = numpy.linspace(0, 255, width).round().astype(numpy.uint8) if width > 1 else [200]
    return numpy.tile(numpy.asarray(row, numpy.uint8), (height, 1))


def wide(image):
    """The same in 16 bit, its low bytes used too."""
    return image.astype(numpy.uint16) * 257 - (image.astype(numpy.uint16) // 3)


def luma(image):
    """Rec. 601 luma of the encoded values, as floats; the last axis is R, G, B (and more)."""
    return image[..., :3].astype(float) @ numpy.array([0.299, 0.587, 0.114])
