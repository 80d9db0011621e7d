# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Some thousand requests of /image held against the reference: sizes and boxes exactly, pixels within
what is stated here for each operation and format. The table of the worst is printed at the end."""
import functools

import numpy
import pytest
from PIL import Image

from samples import files, heif, operations, png
from support import reference
from support.clients import Client
from support.judges import open_image, psnr
from support.programs import sanitizer

# dB that each result reaches, by what is done to the pixels and by the format that they are written in. What
# a lossy format loses is in it, at quality 95; a GIF has 256 colours and transparency of one bit.
FLOORS = {
    #             jpeg png webp avif gif tiff
    "move":      (36, 99, 36, 36, 28, 99),
    "luma":      (36, 60, 36, 36, 28, 60), # half a level may be rounded either way
    "resize":    (34, 46, 34, 34, 26, 46),
    "enlarge":   (34, 46, 34, 34, 26, 46),
    "linear":    (34, 44, 34, 34, 26, 44),
    "blur":      (34, 44, 34, 34, 26, 44),
    "sharpen":   (32, 40, 32, 32, 24, 40),
    "luminance": (34, 44, 34, 34, 26, 44),
}
FORMATS = ["jpeg", "png", "webp", "avif", "gif", "tiff"]
MEDIA_TYPES = {name: f"image/{name}" for name in FORMATS}
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
# Pixels that a result may lie beside its place: a quantizer's errors look like a little of it ...
OFFSET_MAX = {"jpeg": 0.3, "png": 0.1, "webp": 0.3, "avif": 0.3, "gif": 0.3, "tiff": 0.1}
STEEP = 0.5 # ... where neighbours differ by this many levels, squared
# Chroma is doubled in one way or another: in a HEIC, bilinear here and nearest in heif-convert.
SOURCE_DB = {"HEIC": 40, "AVIF": 50}
MAX_SIDE = 16384 # limits.max_side
# A few pixels, or chroma of half the size at an edge of strong colours, are less, whoever encodes them: then
# what another encoder makes of the reference decides, less this much.
CODEC_DB = 2


def operation_of(case, plan):
    """The one that decides how exactly pixels can be known."""
    parameters = case.parameters
    for name in ("sharpen", "blur"):
        if name in parameters:
            return name
    if parameters.get("gray") == "luminance":
        return "luminance"
    if plan.resized == (plan.crop.width, plan.crop.height):
        return "luma" if parameters.get("gray") == "luma" else "move"
    if parameters.get("linear") == "true":
        return "linear"
    grows = plan.resized[0] > plan.crop.width or plan.resized[1] > plan.crop.height
    return "enlarge" if grows else "resize"


def decode(data, name):
    """Height x width x channels, 0 to 255."""
    if name == "avif":
        return numpy.atleast_3d(heif.decode(data, "AVIF"))
    if name == "png" and data[24] == 16:
        return png.read(data) / 257
    image = open_image(data)
    pixels = operations.array(image.convert("RGBA") if name == "gif" else image)
    return pixels / 257 if image.mode.startswith("I") else pixels # Pillow's 16 bits


def comparable(pixels):
    """RGBA, colours times alpha: what is invisible does not count."""
    pixels = reference.with_alpha(reference.as_rgb(pixels / 255)) * 255
    return numpy.dstack([pixels[..., :3] * pixels[..., 3:] / 255, pixels[..., 3:]])


def offset(result, expected):
    """How far beside its place the result lies: the least squares of difference = gradient * offset. 0 where
    it cannot be seen, because all is flat in one direction."""
    if min(expected.shape[:2]) < 16:
        return 0
    vertical, horizontal = numpy.gradient(expected[..., :3], axis=(0, 1))
    gradients = numpy.stack([horizontal.ravel(), vertical.ravel()], axis=1)
    if numpy.linalg.eigvalsh(gradients.T @ gradients / len(gradients))[0] < STEEP:
        return 0
    difference = (expected - result)[..., :3].ravel()
    return numpy.abs(numpy.linalg.lstsq(gradients, difference, rcond=None)[0]).max()


def encoded(pixels, case):
    """What another encoder leaves of the reference's pixels, in formats that lose some."""
    image = pixels.round().astype(numpy.uint8)
    if case.output == "avif" and case.kind in operations.SUBSAMPLED:
        return decode(heif.encode(reference.as_rgb(image), "-y", 420, "--min", 0, "--max", 8, kind="AVIF"), "avif")
    if case.output not in ("jpeg", "webp"):
        return pixels
    image = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image, MODES[image.shape[2]])
    options = {"subsampling": 2} if case.output == "jpeg" and "444" not in case.query else {}
    return decode(files.encode(image, case.output, quality=95, **options), case.output)


def judge(case, reply, note):
    """Fails with what is wrong with one answer; notes how far it is from the reference."""
    try:
        pixels, plan = reference.render(case.source.pixels, case.orientation, case.parameters,
                                        case.output in operations.ALPHA)
    except reference.BadParameter as wrong:
        assert reply.status == 400 and str(wrong) in reply.json()["detail"], "400 expected"
        return
    if max(plan.size) > MAX_SIDE:
        assert reply.status == 422, "422 expected"
        return
    assert reply.status == 200, f"{reply.status} {reply.body[:200]}"
    assert reply.media_type == MEDIA_TYPES[case.output]
    said = tuple(int(reply.headers[f"image-{name}"]) for name in ("width", "height"))
    result = decode(reply.body, case.output)
    assert (result.shape[1::-1], said) == (plan.size, plan.size), \
        f"{result.shape[1::-1]} pixels, {said} in fields, {plan.size} expected"
    if case.parameters.get("gray", "none") != "none" and case.output in ("jpeg", "png", "tiff"):
        assert result.shape[2] <= 2, "gray has one channel"
    expected = pixels.round() / (257 if case.kind == "PNG 16 bit" else 1)
    if case.output == "gif" and pixels.shape[2] in (2, 4):
        return # which of half transparent pixels are seen is the format's matter
    codec = functools.partial(encoded, expected, case)
    result, expected = comparable(result), comparable(expected)
    operation = operation_of(case, plan)
    reached = psnr(result, expected)
    note(operation, case.output, reached, numpy.abs(result - expected).max(), str(case))
    floor = min(FLOORS[operation][FORMATS.index(case.output)], SOURCE_DB.get(case.kind, 99))
    beside = offset(result, expected)
    if reached < floor or beside >= OFFSET_MAX[case.output]:
        other = comparable(codec())
        possible = psnr(other, expected) - CODEC_DB
        assert beside < OFFSET_MAX[case.output] + offset(other, expected), \
            f"{beside:.2f} pixels beside its place, {reached:.1f} dB"
        assert reached >= min(floor, possible), f"{reached:.1f} dB, {floor} stated, {possible:.1f} possible"


# Beside a sanitizer it is code that is looked at, which every sixth case goes through as well.
STRIDE = 1 if sanitizer() == "none" else 6


def run(client, cases, note):
    wrong = []
    for case in cases[::STRIDE]:
        reply = client.post(f"/image?{case.query}", case.source.data)
        try:
            judge(case, reply, note)
        except AssertionError as problem:
            wrong.append(f"{case}: {str(problem).splitlines()[0]}")
    assert not wrong, f"{len(wrong)} of {len(cases)}\n" + "\n".join(wrong[:40])


@functools.cache
def by_kind():
    found = {}
    for case in operations.everything():
        found.setdefault(case.kind, []).append(case)
    return found


def test_moves(gateway, note_difference):
    """Crops, flips and turns of every orientation: every pixel is the source's."""
    with Client(gateway) as client:
        run(client, list(operations.moves()), note_difference)


@pytest.mark.parametrize("kind", operations.KINDS)
def test_everything(gateway, note_difference, kind):
    """All operations together, whatever the order of the parameters."""
    with Client(gateway) as client:
        run(client, by_kind()[kind], note_difference)


def test_there_are_thousands():
    """Every orientation meets every fit, gravity, crop, flip, turn and format."""
    cases = [*operations.moves(), *operations.everything()]
    assert len(cases) > 3000
    for names in (["fit", "gravity"], ["crop", "rotate"], ["gravity", "format"], ["fit", "format"]):
        pairs = {tuple(case.parameters.get(name) for name in names) for case in cases}
        values = [{case.parameters.get(name) for case in cases} for name in names]
        assert len(pairs) >= 0.98 * len(values[0]) * len(values[1]), names
