# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Whether a file is damaged does not depend on what is to be done with it: gray and scale, each with paths
of its own, give the same status for every file."""
import pathlib
import random
import struct
import zlib

import numpy as np
import pytest

from samples import files, malformed, png, webp

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF")
OPERATIONS = [("gray", 1), ("scale", 0.5), ("scale", 1)]
DAMAGED_PER_KIND = 14


def turned(data):
    """A PNG that is not upright."""
    exif = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    return data[:33] + png.chunk(b"eXIf", exif) + data[33:]


def any_png(colour_type, bits, interlaced=False, extra=b""):
    shape = (37, 41, png.CHANNELS[colour_type])
    samples = np.random.default_rng(9).integers(0, 1 << bits, shape, dtype=np.uint16)
    return png.write_any(samples // 2 + samples[::-1] // 3, bits, colour_type, interlaced, extra)


def kinds():
    """(format, name, bytes): each path through PNG and WebP, some images of each other format."""
    image = files.image(61, 47)
    profile = png.chunk(b"iCCP", b"x\0\0" + zlib.compress(files.wide_profile()))
    palette = png.chunk(b"PLTE", bytes(range(192)))
    found = {
        "RGB": any_png(2, 8), "RGBA": any_png(6, 8), "gray": any_png(0, 8), "bits": any_png(0, 1),
        "16": any_png(2, 16), "16 interlaced": any_png(6, 16, True), "interlaced": any_png(2, 8, True),
        "bits interlaced": any_png(0, 2, True), "palette": any_png(3, 4, False, palette),
        "palette interlaced": any_png(3, 4, True, palette),
        "key": any_png(2, 8, False, png.chunk(b"tRNS", bytes(6))), "turned": turned(any_png(2, 8)),
        "profile": any_png(2, 8, False, profile), "16 with a profile": any_png(2, 16, False, profile),
        "of Pillow": files.encode(image, "PNG"), "of Pillow, palette": files.encode(
            image.quantize(60), "PNG", transparency=3),
    }
    for name, data in found.items():
        yield "PNG", name, data
    alpha, wide = files.image(61, 47, "RGBA"), files.wide_profile()
    for name, source, options in (
            ("lossy", image, {}), ("lossy with alpha", alpha, {}), ("lossless", image, {"lossless": True}),
            ("lossless with alpha", alpha, {"lossless": True}), ("profile", image, {"icc_profile": wide}),
            ("turned", image, {"exif": files.exif(6)}), ("raw alpha", alpha, {"alpha_quality": 50})):
        yield "WEBP", name, files.encode(source, "WEBP", **options)
    yield "WEBP", "animation", files.animation("WEBP", frames=3)
    for options in ({}, {"progressive": True}):
        yield "JPEG", str(options), files.encode(image, "JPEG", **options)
        yield "JPEG", f"CMYK {options}", files.encode(image.convert("CMYK"), "JPEG", **options)
    yield "GIF", "still", files.encode(image, "GIF")
    yield "GIF", "animation", files.animation("GIF", frames=3)
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield "TIFF", compression, files.encode(image, "TIFF", compression=compression)


KINDS = {f"{file_format} {name}": data for file_format, name, data in kinds() if file_format in FORMATS}


def cut_out(data, chance):
    at = chance.randrange(12, len(data))
    return data[:at] + data[at + chance.randrange(1, 9):]


def doubled(data, chance):
    at = chance.randrange(12, len(data))
    return data[:at] + data[max(12, at - 8):at] + data[at:]


def flipped(data, chance):
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        changed[chance.randrange(8, len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def zeroed(data, chance):
    at = chance.randrange(8, len(data))
    return data[:at] + bytes(min(chance.randrange(1, 40), len(data) - at)) + data[at + 40:]


def cut_off(data, chance):
    return data[:chance.randrange(12, len(data))]


def nearly_whole(data, chance):
    return data[:-chance.randrange(1, 40)]


def chunks_changed(data, chance):
    """Chunks missing, twice, in another order, with a bit changed inside and sums that are right."""
    container = png if data.startswith(png.SIGNATURE) else webp
    parts = list(container.chunks(data))
    at = chance.randrange(len(parts))
    what = chance.randrange(4)
    if what == 0:
        del parts[at]
    elif what == 1:
        parts.insert(chance.randrange(len(parts)), parts[at])
    elif what == 2:
        chance.shuffle(parts)
    elif parts[at][1]:
        content = bytearray(parts[at][1])
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        parts[at] = parts[at][0], bytes(content)
    if container is webp:
        return webp.write(parts)
    return png.SIGNATURE + b"".join(png.chunk(*part) for part in parts)


DAMAGES = [flipped, zeroed, cut_off, nearly_whole, cut_out, doubled]
OF_CHUNKS = ("PNG", "WEBP")


def assert_agreement(image_cli, data, name):
    found = {f"{operation} {factor}": image_cli(operation, data, factor).status
             for operation, factor in OPERATIONS}
    assert len(set(found.values())) == 1, f"{name}: {found}"


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(image_cli, kind):
    data, chance = KINDS[kind], random.Random(kind)
    damages = DAMAGES + [chunks_changed] * kind.startswith(OF_CHUNKS)
    assert_agreement(image_cli, data, kind)
    for number in range(DAMAGED_PER_KIND):
        damage = damages[number % len(damages)]
        assert_agreement(image_cli, damage(data, chance), f"{damage.__name__} {number}")


SUFFIXES = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".gif": "GIF", ".tif": "TIFF"}
CASES = sorted(path for path in (pathlib.Path(files.__file__).parent / "cases").glob("*")
               if SUFFIXES.get(path.suffix) in FORMATS)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_cases(image_cli, path):
    assert_agreement(image_cli, path.read_bytes(), path.name)


@pytest.mark.parametrize("file_format", FORMATS)
def test_files_that_hurt(image_cli, file_format):
    assert_agreement(image_cli, malformed.huge_headers()[file_format.lower()], file_format)
