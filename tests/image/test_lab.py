# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""TIFFs of CIE L*a*b*, of 8 and 16 bits: every operation, against the reference."""
import numpy as np
import pytest

from samples import operations, png, tiff
from support import reference


def lab_of(levels):
    """Lab of an RGB image's levels, by the reference: what a TIFF has in 8 and in 16 bits."""
    lightness, a, b = np.moveaxis(reference.lab(levels / 255), 2, 0)
    return {8: np.stack([lightness * 2.55, a, b], 2).round().astype(np.int16).astype(np.uint8),
            16: np.stack([lightness * 655.35, a * 256, b * 256], 2).round().astype(np.int32).astype(np.uint16)}


def levels_of_lab(samples):
    """The levels, 0 to 255, of a TIFF's samples of Lab."""
    deep = samples.max() > 255
    signed = samples.astype(np.int16 if deep else np.int8).astype(float) / (256 if deep else 1)
    values = np.dstack([samples[..., :1] / (655.35 if deep else 2.55), signed[..., 1:]])
    return reference.from_lab(values) * 255


LAB_QUERIES = ["", "width=30", "width=30&linear=true", "width=90&enlarge=true", "crop=5,4,20,30", "rotate=90", "flip=h", "blur=1.5",
               "sharpen=1", "gray=luma", "gray=luminance", "width=70&height=70&fit=pad&background=ff000080", "profile=srgb"]


@pytest.mark.parametrize("output", ["png", "tiff", "jpeg", "webp"])
@pytest.mark.parametrize("bits", [8, 16])
def test_every_operation_on_lab(image_cli, bits, output):
    levels = operations.positions(60, 44)
    samples = lab_of(levels)[bits]
    data = tiff.write(samples, tiff.LAB)
    source = levels_of_lab(samples)
    for query in LAB_QUERIES:
        result = image_cli("do", data, f"{query}&format={output}&quality=95".lstrip("&"))
        assert result.status == 0, query
        parameters = dict(one.split("=") for one in query.split("&") if one)
        expected, _ = reference.render(source.round().astype(np.uint8), 1, parameters, output != "jpeg")
        if output == "tiff":
            result = image_cli("do", result.data, "format=png")
        pixels = png.read(result.data).astype(float) if output in ("png", "tiff") else np.asarray(result.image)
        deep = output in ("png", "tiff") and result.data[24] == 16
        assert deep == (bits == 16 and output in ("png", "tiff")), query
        found = reference.as_rgb(reference.with_alpha(np.atleast_3d(pixels / (257 if deep else 1)) / 255)) * 255
        wanted = reference.as_rgb(reference.with_alpha(np.atleast_3d(expected) / 255)) * 255
        limit = 5 if output in ("jpeg", "webp") else 1.7
        assert np.abs(found - wanted).mean() < limit, query


@pytest.mark.parametrize("bits", [8, 16])
def test_lab_stays_as_it_is_in_a_tiff(image_cli, bits):
    samples = lab_of(operations.positions(60, 44))[bits]
    result = tiff.read(image_cli("do", tiff.write(samples, tiff.LAB), "format=tiff").data)
    assert np.abs(result - samples.astype(int)).max() <= (0 if bits == 8 else 1) # L* has 15 bits in libvips
