# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Real photographs, through the whole system: gray is their luma bit by bit, reduced ones are as
close to a full decode with LANCZOS as a good encoder at the same quality comes."""
import functools

import pytest
from PIL import Image

from samples import files
from support.judges import array, luma_of_jpeg, open_image, psnr, scaled
from support.programs import LONG

PHOTOGRAPHS = pytest.mark.parametrize("path", files.photographs(), ids=lambda path: path.stem)
# Each photograph by one of these, each in turn; in the long form by all.
FACTORS = [0.5, 0.25, 0.3]
SCALED = [(path, factor) for number, path in enumerate(files.photographs())
          for factor in (FACTORS if LONG else FACTORS[number % 3:number % 3 + 1])]
Image.MAX_IMAGE_PIXELS = None

# What an encoder may lose against Pillow's own (full decode, LANCZOS, the same quality), in dB.
MARGIN_DB = 2.0


@functools.lru_cache(maxsize=1)
def full(path):
    """The photograph decoded once for the tests that follow one another."""
    return open_image(path.read_bytes()).convert("RGB")


@PHOTOGRAPHS
def test_gray(client, path):
    """Gray has the very luma of the photograph."""
    body = path.read_bytes()
    result = open_image(client.image("/gray", body))
    assert result.mode == "L"
    difference = abs(array(result) - array(luma_of_jpeg(body))).max()
    assert difference <= 1


@pytest.mark.parametrize("path, factor", SCALED, ids=lambda value: getattr(value, "stem", str(value)))
def test_scale(client, path, factor):
    """Reduced images: exact size, and as close to LANCZOS as Pillow's own JPEG of it."""
    source = full(path)
    size = (scaled(source.width, factor), scaled(source.height, factor))
    result = open_image(client.image(f"/scale?scale={factor}", path.read_bytes()))
    assert result.size == size and result.mode == "RGB"
    ideal = source.resize(size, Image.LANCZOS)
    reached = psnr(array(result), array(ideal))
    peer = psnr(array(open_image(files.encode(ideal, "JPEG", quality=80))), array(ideal))
    assert reached > min(peer - MARGIN_DB, 40), f"{reached:.1f} dB, Pillow's own {peer:.1f} dB"


@PHOTOGRAPHS
def test_both(client, path):
    """Gray and reduced in one request."""
    source = full(path)
    size = (scaled(source.width, 0.25), scaled(source.height, 0.25))
    result = open_image(client.image("/gray?scale=0.25", path.read_bytes()))
    assert result.size == size and result.mode == "L"
    ideal = source.convert("L").resize(size, Image.LANCZOS)
    peer = psnr(array(open_image(files.encode(ideal, "JPEG", quality=80))), array(ideal))
    reached = psnr(array(result), array(ideal))
    assert reached > min(peer - MARGIN_DB, 40), f"{reached:.1f} dB, Pillow's own {peer:.1f} dB"
