# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The reference that /image is judged by, itself held against examples worked out by hand, and Pillow."""
import numpy
import pytest
from PIL import Image, ImageFilter, ImageOps

from samples import files, pixels
from support import reference

BOX = {"width": "40", "height": "40"}


def sizes(size, orientation=1, **parameters):
    plan = reference.geometry(size, orientation, parameters)
    return plan.resized, plan.size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation):
    """Upright as Pillow's exif_transpose() has it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = files.encode(files.image(31, 22), "PNG", exif=exif)
    expected = numpy.asarray(ImageOps.exif_transpose(files.decode(data)))
    result, plan = reference.render(numpy.asarray(files.decode(data)), orientation, {})
    assert numpy.array_equal(result.round(), expected)
    assert plan.upright == plan.size == expected.shape[1::-1]


@pytest.mark.parametrize("size, parameters, resized, result", [
    ((50, 50), {"scale": "0.29"}, (15, 15), (15, 15)),
    ((50, 50), {"scale": "0.289999999999999"}, (14, 14), (14, 14)),
    ((97, 61), {"width": "40"}, (40, 25), (40, 25)),         # 25.15
    ((97, 61), {"width": "40", "fit": "cover"}, (40, 25), (40, 25)),
    ((100, 3), {"height": "1"}, (33, 1), (33, 1)),
    ((1000, 1), {"width": "10"}, (10, 1), (10, 1)),          # never 0
    ((2, 5), {"width": "1"}, (1, 3), (1, 3)),                # half up
    ((97, 61), {"width": "200"}, (97, 61), (97, 61)),
    ((97, 61), {"width": "200", "enlarge": "true"}, (200, 126), (200, 126)),
    ((97, 61), {**BOX}, (40, 25), (40, 25)),
    ((97, 61), {**BOX, "fit": "outside"}, (64, 40), (64, 40)),
    ((97, 61), {**BOX, "fit": "cover"}, (64, 40), (40, 40)),
    ((97, 61), {**BOX, "fit": "fill"}, (40, 40), (40, 40)),
    ((97, 61), {**BOX, "fit": "pad"}, (40, 25), (40, 40)),
    ((30, 20), {**BOX, "fit": "outside"}, (30, 20), (30, 20)),
    ((30, 20), {**BOX, "fit": "cover"}, (30, 20), (20, 20)),
    ((60, 20), {**BOX, "fit": "cover"}, (60, 20), (20, 20)),
    ((60, 20), {**BOX, "fit": "cover", "enlarge": "true"}, (120, 40), (40, 40)),
    ((30, 20), {"width": "70", "height": "50", "fit": "cover"}, (30, 20), (28, 20)), # 70 * 20 / 50
    ((33, 20), {"width": "7", "height": "9", "fit": "cover"}, (15, 9), (7, 9)),      # 14.85
    ((60, 20), {**BOX, "fit": "fill"}, (40, 20), (40, 20)),
    ((30, 20), {**BOX, "fit": "pad"}, (30, 20), (40, 40)),
    ((97, 61), {"crop": "square", **BOX, "rotate": "90"}, (40, 40), (40, 40)),
    ((97, 61), {"crop": "10,20,1000,1000", "width": "29", "rotate": "270"}, (29, 14), (14, 29)),
], ids=str)
def test_sizes(size, parameters, resized, result):
    """Examples by hand."""
    assert sizes(size, **parameters) == (resized, result)


@pytest.mark.parametrize("crop, box", [
    ("10,20,30,40", (10, 20, 30, 40)), ("90,60,30,40", (90, 60, 7, 1)), ("-5,-3,20,90", (0, 0, 15, 61)),
    ("square", (18, 0, 61, 61)),
    ("pct:0,0,100,100", (0, 0, 97, 61)), ("pct:50,50,50,50", (49, 31, 48, 30)),
    ("pct:99.9,99.9,0.01,50", (96, 60, 1, 1)), ("pct:12.5,25,0.1,0.1", (12, 15, 1, 1)),
    ("pct:-10,-20.5,60,70.5", (0, 0, 49, 31)), ("pct:50,-1000,1e3,2000", (49, 0, 48, 61)),
])
def test_crops(crop, box):
    """Examples by hand, of 97x61 upright pixels whichever way they are stored."""
    for size, orientation in (((97, 61), 1), ((61, 97), 6)):
        plan = reference.geometry(size, orientation, {"crop": crop})
        assert plan.crop == reference.Box(*box)


@pytest.mark.parametrize("crop", ["97,0,1,1", "0,61,1,1", "-5,0,5,9", "pct:100,0,1,1", "pct:-5,0,5,9"])
def test_crops_outside(crop):
    with pytest.raises(reference.BadParameter, match="crop"):
        reference.geometry((97, 61), 1, {"crop": crop})


@pytest.mark.parametrize("gravity, left", [("west", 0), ("center", 57 // 2), ("northeast", 57),
                                           ("0.3,1", 17), ("1,0", 57)])
def test_gravity(gravity, left):
    """Of 57 pixels to spare beside a square of 40."""
    plan = reference.geometry((97, 40), 1, {"crop": "square", "gravity": gravity})
    assert plan.crop == reference.Box(left, 0, 40, 40)
    plan = reference.geometry((97, 40), 1, {**BOX, "fit": "cover", "gravity": gravity})
    assert plan.cut == reference.Box(left, 0, 40, 40)


def test_order():
    """Upright, crop, flip, rotate: a marked pixel is followed by hand."""
    stored = numpy.zeros((30, 50, 3), numpy.uint8)
    stored[4, 7] = 255 # upright by 6: column 30 - 1 - 4, row 7
    result, _ = reference.render(stored, 6, {"crop": "10,5,18,20", "flip": "h", "rotate": "90"})
    # in the crop (15, 2), flipped (2, 2) of 18x20, turned clockwise (20 - 1 - 2, 2)
    assert result.shape == (18, 20, 3) and result[2, 17, 0] == 255 and result.sum() == 3 * 255


def test_gray_is_pillows():
    """Luma is mode L, but for rounding."""
    image = files.image(97, 61)
    result, _ = reference.render(numpy.asarray(image), 1, {"gray": "luma"})
    assert numpy.abs(result[..., 0] - numpy.asarray(image.convert("L"))).max() < 0.51


def test_resize_is_pillows():
    """Eight bits as Pillow resizes them; alpha weighs."""
    image = files.image(97, 61, "RGBA")
    result, _ = reference.render(numpy.asarray(image), 1, {"width": "40"})
    expected = numpy.asarray(image.convert("RGBa").resize((40, 25), Image.LANCZOS).convert("RGBA"))
    seen = expected[..., 3] > 128
    assert numpy.abs(result - expected)[seen].mean() < 1 # Pillow cuts off between its two passes
    assert numpy.abs(result[..., 3] - expected[..., 3]).max() < 1


def test_linear_light_keeps_a_points_weight():
    """A white line of one pixel in four: linear light is a quarter of white's, encoded 137."""
    lines = numpy.zeros((64, 64, 3), numpy.uint8)
    lines[:, ::4] = 255
    linear, _ = reference.render(lines, 1, {"width": "4", "linear": "true"})
    encoded, _ = reference.render(lines, 1, {"width": "4"})
    assert abs(linear[2, 1:3].mean() - 137) < 1 and abs(encoded[2, 1:3].mean() - 64) < 1


def test_blur_is_gaussian():
    """As Pillow's, which is three boxes."""
    image = files.image(97, 61)
    result, _ = reference.render(numpy.asarray(image), 1, {"blur": "3"})
    expected = numpy.asarray(image.filter(ImageFilter.GaussianBlur(3)))
    assert numpy.abs(result - expected).mean() < 1


def test_flat_stays_flat():
    """Whatever is done to one colour, it stays that colour."""
    flat = numpy.full((40, 50, 3), [200, 100, 30], numpy.uint8)
    everything = {"width": "30", "linear": "true", "blur": "2", "sharpen": "1.5", "rotate": "90"}
    result, _ = reference.render(flat, 5, everything)
    assert numpy.abs(result - [200, 100, 30]).max() < 0.1


def test_transparency():
    """Half transparent red: over blue, kept, and padded with a half transparent colour."""
    red = numpy.full((10, 10, 4), [255, 0, 0, 128], numpy.uint8)
    flat, _ = reference.render(red, 1, {"background": "0000ff80"}, alpha_allowed=False)
    assert numpy.abs(flat - [128, 0, 127]).max() < 0.5
    wide = {"fit": "pad", "width": "20", "height": "10", "background": "00ff0040"}
    padded, plan = reference.render(red, 1, wide)
    assert plan.place == (5, 0)
    assert padded[0, 0].tolist() == [0, 255, 0, 64] and padded[0, 5].tolist() == [255, 0, 0, 128]
    opaque, _ = reference.render(red[..., :3], 1, wide)
    assert opaque.shape[2] == 4 and opaque[0, 0, 3] == 64
    opaque, _ = reference.render(red[..., :3], 1, {**wide, "background": "00ff00"})
    assert opaque.shape[2] == 3


def test_16_bits():
    """Of 16 bits, the same in finer steps."""
    small = pixels.rgb(97, 61)
    both = [reference.render(array, 1, {"width": "40", "gray": "luma"})[0]
            for array in (small, small.astype(numpy.uint16) * 257)]
    assert numpy.abs(both[1] / 257 - both[0]).max() < 0.01
