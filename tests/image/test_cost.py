# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""lib/image/plan/cost.c against what images really cost: time of the CPU, and address space."""
import io
import os
import re
import subprocess

import numpy as np
import pytest
from PIL import Image

from samples import files, jpeg
from support.programs import IMAGE_CLI, is_image_cli_instrumented

SIDE = 800
WORKER_KIB = 128 << 10 # of a worker at rest, in every estimate
FIXED_KIB = 64 << 10 # what libraries and the heap take for an image of any size
ATTEMPTS = 5
# What the job that shows a machine's pace takes where the rates in cost.c hold: measured between each
# two runs of all jobs below, of which none then took more than 1.2 times its estimate (medians).
PACE_JOB_MS = 30
LINE = re.compile(r"([\d.]+) ms CPU, \d+ bytes, (\d+) KiB.*\nestimated ([\d.]+) ms, (\d+) KiB")

SAVE = {
    "jpeg": ("JPEG", {"quality": 90}), "progressive": ("JPEG", {"quality": 90, "progressive": True}),
    "cmyk": ("JPEG", {"quality": 90}), "png": ("PNG", {}), "png-alpha": ("PNG", {}),
    "webp": ("WEBP", {"quality": 90, "method": 0}), "webp-alpha": ("WEBP", {"quality": 90}),
    "webp-lossless": ("WEBP", {"lossless": True, "quality": 0, "method": 0}),
    "webp-lossless-alpha": ("WEBP", {"lossless": True, "quality": 0, "method": 0, "exact": True}),
    "gif": ("GIF", {}), "gif-animation": ("GIF", {"save_all": True}), "tiff": ("TIFF", {}), "tiff-alpha": ("TIFF", {"compression": "tiff_lzw"}),
    "tiff-jpeg": ("TIFF", {"compression": "jpeg"}),
}


pytestmark = pytest.mark.skipif(is_image_cli_instrumented(), reason="instrumented code has other costs")


def rendered(kind, texture, side):
    random = np.random.default_rng(side)
    pixels = np.full((side, side, 4), 100, np.uint8) if texture == "flat" else \
        random.integers(0, 256, (side, side, 4), np.uint8)
    if texture == "soft": # as much detail as a photograph
        coarse = Image.fromarray(pixels[::8, ::8]).resize((side, side), Image.BICUBIC)
        pixels = np.clip(np.asarray(coarse).astype(int) + random.integers(-6, 7, (side, side, 4)),
                         0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    if not kind.endswith("alpha"):
        image = image.convert("RGB")
    if kind == "cmyk":
        image = image.convert("CMYK")
    file = io.BytesIO()
    name, options = SAVE[kind]
    if kind == "gif-animation": # the same pixels as frames, each with a table of its own
        image, *rest = [image.crop((x, y, x + 200, y + 200)).quantize()
                        for y in range(0, side, 200) for x in range(0, side, 200)]
        options = {**options, "append_images": rest}
    image.save(file, name, **options)
    return file.getvalue()


# Through libvips, all of them, and two that do not look like it before the frame header.
CODED = {"cmyk-progressive": ["-progressive"], "cmyk-arithmetic": ["-arithmetic"], "rgb": [],
         "rgb-progressive": ["-progressive"], "rgb-arithmetic": ["-arithmetic"],
         "arithmetic": ["-arithmetic"]}


def coded_image(kind, texture, side):
    options = CODED[kind]
    if kind.startswith("cmyk"):
        return jpeg.jpegtran(rendered("cmyk", texture, side), *options)
    image = files.decode(rendered("png", texture, side))
    colours = ["-rgb"] if kind.startswith("rgb") else []
    return jpeg.cjpeg(image, "-quality", "90", *colours, *options)


def run(folder, data, operation, factor, quality):
    """(CPU ms, KiB, estimated ms, estimated KiB)"""
    source = folder / "source"
    source.write_bytes(data)
    done = subprocess.run([IMAGE_CLI, operation, str(factor), str(quality), source, folder / "out",
                           "1"], capture_output=True, text=True, check=True,
                          env={**os.environ, "MALLOC_ARENA_MAX": "1", "MALLOC_PERTURB_": "0"})
    return [float(value) for value in LINE.search(done.stdout).groups()]


@pytest.fixture(scope="module")
def pace(tmp_path_factory):
    """How many times longer than where the rates were measured a job takes on this machine, now."""
    folder = tmp_path_factory.mktemp("pace")
    data = rendered("webp", "soft", SIDE // 2)
    return lambda: max(1, run(folder, data, "scale", 0.95, 0)[0] / PACE_JOB_MS)


def measure(pace, folder, data, operation, factor, quality):
    """run(), until the time is below twice the estimate at the machine's pace; and that bound."""
    for _ in range(ATTEMPTS):
        ms, kib, estimated_ms, estimated_kib = run(folder, data, operation, factor, quality)
        bound = 2 * estimated_ms
        if ms >= bound: # beside other work, or on a slow machine, all takes longer
            bound *= pace()
        if ms < bound:
            break
    return ms, bound, kib, estimated_kib


@pytest.mark.parametrize("texture", ["flat", "soft", "noise"])
@pytest.mark.parametrize("kind", [*SAVE, *CODED])
def test_no_image_costs_much_more_than_estimated(tmp_path, pace, kind, texture):
    data = rendered(kind, texture, SIDE) if kind in SAVE else coded_image(kind, texture, SIDE)
    for operation, factor, quality in (("gray", 1, 0), ("gray", 1, 80), ("scale", 0.5, 0),
                                       ("scale", 0.95, 0), ("scale", 1, 0)):
        if quality > 0 and kind in SAVE and SAVE[kind][0] != "JPEG":
            continue
        ms, bound, kib, estimated_kib = measure(pace, tmp_path, data, operation, factor, quality)
        said = f"{operation} {factor} q{quality}: {ms} of {bound} ms, {kib} of {estimated_kib} KiB"
        assert ms < bound, said
        assert kib <= estimated_kib - WORKER_KIB + FIXED_KIB, said


def test_noise_of_few_colours_in_a_lossless_webp(tmp_path, pace):
    """Two bits a pixel, as a drawing has, and nothing in it that an encoder could find: searching as long
    as in a drawing takes more than ten times the estimate."""
    levels = np.random.default_rng(1).integers(0, 4, (3000, 3000), np.uint8) * 60
    file = io.BytesIO()
    Image.fromarray(levels).convert("RGB").save(file, "WEBP", lossless=True, quality=0, method=0)
    ms, bound, _, _ = measure(pace, tmp_path, file.getvalue(), "scale", 0.95, 0)
    assert ms < bound, f"{ms} of {bound} ms"
