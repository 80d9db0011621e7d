# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Small files that promise or hide much: a status, soon, within a bounded address space."""
import io
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from samples import files, malformed, png

CORRUPT, TOO_LARGE = 9, 10


@pytest.mark.parametrize("name", sorted(malformed.huge_headers()))
def test_too_many_pixels_are_refused_from_the_header(image_cli, name):
    result = image_cli("gray", malformed.huge_headers()[name])
    assert result.status == TOO_LARGE
    assert result.cpu_s < 1


def ztxt(kilobytes):
    return png.chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(1024 * kilobytes), 9))


def iccp(kilobytes):
    return png.chunk(b"iCCP", b"bomb\0\0" + zlib.compress(bytes(1024 * kilobytes), 9))


@pytest.mark.parametrize("bomb", [ztxt, iccp])
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_png_with_a_bomb_beside_the_pixels(image_cli, bomb, operation):
    pixels = np.zeros((32, 32, 3), np.uint8)
    result = image_cli(operation, png.write(pixels, extra=bomb(256 * 1024)))
    assert result.status in (0, CORRUPT)
    assert len(result.data) < 10000
    assert result.cpu_s < 3


@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_a_run_past_the_end_of_its_band_ends_there(image_cli, operation):
    data = malformed.run_past_the_band()
    expected = np.asarray(Image.open(io.BytesIO(data)))
    image = image_cli(operation, data, 1).image
    assert np.array_equal(np.asarray(image), expected)


def test_gif_of_very_many_frames(image_cli):
    data = malformed.gif_of_frames()
    result = image_cli("gray", data)
    assert result.status == 0
    assert result.cpu_s < 2
    assert image_cli("gray", data, MAX_PIXELS=10000 * 64 * 64 - 1).status == TOO_LARGE


@pytest.mark.parametrize("strips", [1, 1000000])
def test_tiff_whose_strips_are_not_there(image_cli, strips):
    data = bytearray(malformed.tiff_header(1000, 1000))
    if strips > 1: # RowsPerStrip 1, a million offsets that lie nowhere
        data = bytearray(malformed.tiff_header(1, strips))
        place = data.index(struct.pack("<HH", 278, 4))
        data[place + 8:place + 12] = struct.pack("<I", 1)
        for tag in (273, 279):
            place = data.index(struct.pack("<HH", tag, 4))
            data[place + 4:place + 8] = struct.pack("<I", strips)
    result = image_cli("gray", bytes(data))
    assert result.status == CORRUPT
    assert result.cpu_s < 3


def test_tiff_whose_directories_go_round(image_cli):
    data = bytearray(files.encode(Image.new("L", (20, 20), 100), "TIFF"))
    first = struct.unpack_from("<I", data, 4)[0]
    entries = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * entries, first)
    result = image_cli("gray", bytes(data))
    assert result.status in (0, CORRUPT)
    if result.status == 0:
        assert result.image.size == (20, 20)


SOURCES = {
    "jpeg": lambda image: files.encode(image, "JPEG"),
    "progressive jpeg": lambda image: files.encode(image, "JPEG", progressive=True),
    "cmyk jpeg": lambda image: files.encode(image.convert("CMYK"), "JPEG"),
    "png": lambda image: files.encode(image, "PNG"),
    "palette png": lambda image: files.encode(image.quantize(64), "PNG"),
    "gif": lambda image: files.encode(image.quantize(64), "GIF"),
    "webp": lambda image: files.encode(image, "WEBP"),
    "lossless webp": lambda image: files.encode(image, "WEBP", lossless=True),
    "tiff": lambda image: files.encode(image, "TIFF"),
    "lzw tiff": lambda image: files.encode(image, "TIFF", compression="tiff_lzw"),
    "jpeg tiff": lambda image: files.encode(image, "TIFF", compression="jpeg"),
}


def patches():
    small = np.random.default_rng(4).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(np.kron(small, np.ones((8, 8, 1), np.uint8)))


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_cut_off(image_cli, operation, source):
    """Never half an image: refused, or (bytes that no pixel needs) the whole one."""
    data = SOURCES[source](patches())
    whole = image_cli(operation, data)
    assert whole.status == 0
    generator = random.Random(1)
    for cut in [generator.randrange(1, len(data)) for _ in range(15)] + [len(data) - 3]:
        result = image_cli(operation, data[:cut])
        assert result.status in (8, CORRUPT) or result.data == whole.data, cut


@pytest.mark.parametrize("source", SOURCES)
def test_changed_at_random(image_cli, source):
    data = SOURCES[source](patches())
    generator = random.Random(2)
    for turn in range(20):
        changed = bytearray(data)
        for _ in range(generator.randrange(1, 6)):
            changed[generator.randrange(len(data))] = generator.randrange(256)
        result = image_cli("gray" if turn % 2 else "scale", bytes(changed))
        assert result.status in (0, 8, CORRUPT, TOO_LARGE), result.message
