# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""TIFF as Pillow does not write it: few bits, samples in planes, in tiles, both byte orders."""
import subprocess

import numpy as np
import pytest
from PIL import Image

from pictures import files

CORRUPT = 9 # enum status
PHOTOMETRIC = {1: 1, 2: 1, 3: 2, 4: 2, 5: 5}


def noise(bands, bits=8, size=(47, 61)):
    return np.random.default_rng(7).integers(0, 1 << bits, (*size, bands))


def packed(rows, bits, order):
    """Rows of samples as they lie in the file."""
    if bits >= 8:
        return rows.astype(f"{order}u{bits // 8}").tobytes()
    spread = np.unpackbits(rows.astype(np.uint8)[..., None], axis=-1)[..., 8 - bits:]
    return np.packbits(spread.reshape(len(rows), -1), axis=1).tobytes()


def blocks(plane, tile):
    """A plane's only strip, or its tiles, padded."""
    if tile is None:
        return [plane]
    height, width = plane.shape[:2]
    padded = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)))
    return [padded[y:y + tile, x:x + tile] for y in range(0, height, tile)
            for x in range(0, width, tile)]


def tiff(samples, bits=8, order="<", planar=False, tile=None, photometric=None, extra=2, pages=1):
    """height x width x bands to a TIFF that is not compressed."""
    height, width, bands = samples.shape
    planes = np.split(samples, bands, axis=-1) if planar else [samples]
    pieces = [packed(block.reshape(len(block), -1), bits, order)
              for plane in planes for block in blocks(plane, tile)]
    at = np.cumsum([8] + [len(piece) for piece in pieces])
    colours = bands - (bands in (2, 4, 5))
    tags = {256: [width], 257: [height], 258: [bits] * bands, 259: [1],
            262: [PHOTOMETRIC[bands] if photometric is None else photometric], 277: [bands],
            284: [2 if planar else 1], (273 if tile is None else 324): at[:-1],
            (279 if tile is None else 325): [len(piece) for piece in pieces]}
    tags.update({278: [height]} if tile is None else {322: [tile], 323: [tile]})
    tags.update({338: [extra]} if colours < bands else {})
    data, end = b"".join(pieces), at[-1]
    directories, start = b"", end
    for page in range(pages):
        table, values = b"", b""
        behind = start + 2 + 12 * len(tags) + 4
        for tag in sorted(tags):
            value = np.asarray(tags[tag]).astype(f"{order}u4").tobytes()
            if len(value) > 4:
                place = behind + len(values)
                values += value
                value = np.array([place]).astype(f"{order}u4").tobytes()
            table += np.array([tag, 4]).astype(f"{order}u2").tobytes()
            table += np.array([len(tags[tag])]).astype(f"{order}u4").tobytes() + value
        following = behind + len(values) if page + 1 < pages else 0
        directories += np.array([len(tags)]).astype(f"{order}u2").tobytes() + table
        directories += np.array([following]).astype(f"{order}u4").tobytes() + values
        start = following
    head = (b"II*\0" if order == "<" else b"MM\0*") + np.array([end]).astype(f"{order}u4").tobytes()
    return head + data + directories


def samples_of(data, tmp_path, page=0):
    """As libvips reads it: of any number of bands and bits."""
    source, result = tmp_path / "judged.tif", tmp_path / "judged.v"
    source.write_bytes(data)
    subprocess.run(["vips", "copy", f"{source}[page={page}]", result], check=True)
    raw = result.read_bytes()
    width, height, bands, _, depth = np.frombuffer(raw[4:24], "<u4")
    return np.frombuffer(raw, {0: "u1", 2: "<u2"}[int(depth)], width * height * bands, 64).reshape(
        height, width, bands).astype(int)


def luma(samples):
    return (samples[..., :3] @ [19595, 38470, 7471] + 0x8000) >> 16


@pytest.mark.parametrize("width", [1, 2, 7, 8, 13])
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_gray_of_few_bits(image_cli, bits, width):
    source = noise(1, bits, (3, width))
    image = image_cli("gray", tiff(source, bits)).image
    expected = source[..., 0] * (255 // ((1 << bits) - 1))
    assert np.array_equal(np.asarray(image.convert("L")), expected)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("tile", [None, 16, 48])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("bands", [2, 3, 4])
def test_planes(image_cli, tmp_path, bands, bits, tile, order):
    source = noise(bands, bits)
    data = tiff(source, bits, order, planar=True, tile=tile)
    gray = samples_of(image_cli("gray", data).data, tmp_path)
    assert np.array_equal(gray[..., 0], source[..., 0] if bands == 2 else luma(source))
    if bands % 2 == 0:
        assert np.array_equal(gray[..., 1], source[..., -1])
    same = samples_of(image_cli("scale", data, 1).data, tmp_path)
    assert np.array_equal(same, source)


@pytest.mark.parametrize("tile", [None, 32])
def test_planes_where_zero_is_white(image_cli, tmp_path, tile):
    source = noise(2)
    data = tiff(source, planar=True, tile=tile, photometric=0)
    gray = samples_of(image_cli("gray", data).data, tmp_path)
    assert np.array_equal(gray[..., 0], 255 - source[..., 0])
    assert np.array_equal(gray[..., 1], source[..., 1])


def test_planes_times_alpha(image_cli, tmp_path):
    plain = noise(4)
    source = plain.copy()
    source[..., :3] = (plain[..., :3] * plain[..., 3:] + 127) // 255
    data = tiff(source, planar=True, tile=16, extra=1)
    same = samples_of(image_cli("scale", data, 1).data, tmp_path)
    seen = plain[..., 3] > 128
    assert np.abs(same[..., :3] - plain[..., :3])[seen].max() <= 2


@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_pages_of_planes(image_cli, tmp_path, operation):
    source = noise(3)
    result = image_cli(operation, tiff(source, planar=True, tile=16, pages=3), 1).data
    for page in range(3):
        found = samples_of(result, tmp_path, page)
        assert np.array_equal(found, source if operation == "scale" else luma(source)[..., None])


@pytest.mark.parametrize("tile", [None, 16])
def test_planes_that_are_cut_off(image_cli, tile):
    data = bytearray(tiff(noise(2), planar=True, tile=tile))
    place = data.index(np.array([273 if tile is None else 324, 4]).astype("<u2").tobytes())
    offset = int.from_bytes(data[place + 8:place + 12], "little")
    data[offset:offset + 4] = (len(data) - 99).to_bytes(4, "little") # of the first strip or tile
    assert image_cli("gray", bytes(data)).status == CORRUPT


def test_gray_of_a_jpeg_in_a_tiff_has_no_second_loss(image_cli):
    data = files.encode(Image.fromarray(noise(3).astype(np.uint8)), "TIFF", compression="jpeg")
    expected = np.asarray(files.decode(data).convert("L")).astype(int)
    gray = image_cli("gray", data).image
    assert np.abs(np.asarray(gray) - expected).max() <= 1
    assert image_cli("scale", data).image.info["compression"] == "jpeg"
