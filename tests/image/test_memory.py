# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""A result holds nothing of an earlier job: it is the same whatever the memory held before."""
import numpy as np
import pytest
from PIL import Image

from samples import files
from support.programs import is_image_cli_instrumented

pytestmark = pytest.mark.skipif(is_image_cli_instrumented(),
                                reason="a sanitizer fills memory in its own way")


def sample(mode="RGB", size=(45, 33)):
    """Odd sides, so that rows and strips end at odd places."""
    noise = np.random.default_rng(9).integers(0, 256, (*size[::-1], 4), dtype=np.uint8)
    return Image.fromarray(noise, "RGBA").convert("RGB").convert(mode) if mode != "RGBA" else \
        Image.fromarray(noise, "RGBA")


def frames(file_format, mode="RGB", **options):
    images = [sample(mode, (45, 33)).rotate(angle) for angle in (0, 90, 180)]
    return files.encode(images[0], file_format, save_all=True, append_images=images[1:], **options)


SOURCES = {
    "jpeg": lambda: files.encode(sample(), "JPEG"),
    "jpeg without subsampling": lambda: files.encode(sample(), "JPEG", subsampling=0),
    "progressive jpeg": lambda: files.encode(sample(), "JPEG", progressive=True),
    "gray jpeg": lambda: files.encode(sample("L"), "JPEG"),
    "cmyk jpeg": lambda: files.encode(sample("CMYK"), "JPEG"),
    **{f"{mode} png": lambda mode=mode: files.encode(sample(mode), "PNG")
       for mode in ("RGB", "RGBA", "L", "P", "1")},
    "interlaced png": lambda: files.encode(sample(), "PNG", interlace=1),
    "webp": lambda: files.encode(sample(), "WEBP"),
    "webp with alpha": lambda: files.encode(sample("RGBA"), "WEBP"),
    "lossless webp": lambda: files.encode(sample(), "WEBP", lossless=True),
    "animated webp": lambda: frames("WEBP"),
    "gif": lambda: files.encode(sample("P"), "GIF"),
    "animated gif": lambda: frames("GIF", "P"),
    **{f"tiff {mode} {compression}": lambda mode=mode, compression=compression: files.encode(
        sample(mode), "TIFF", compression=compression)
       for mode in ("RGB", "L", "P", "1") for compression in ("raw", "tiff_lzw", "packbits",
                                                              "tiff_adobe_deflate")},
    "tiff jpeg": lambda: files.encode(sample(), "TIFF", compression="jpeg"),
    "tiff group4": lambda: files.encode(sample("1"), "TIFF", compression="group4"),
    "tiff of pages": lambda: frames("TIFF"),
    "tiff of deflated pages": lambda: frames("TIFF", compression="tiff_adobe_deflate"),
}


@pytest.mark.parametrize("operation", ["gray", "scale"])
@pytest.mark.parametrize("source", SOURCES)
def test_results_do_not_depend_on_what_memory_held(image_cli, source, operation):
    data = SOURCES[source]()
    results = [image_cli(operation, data, FILL=fill, MALLOC_PERTURB_=fill, MAX_OUTPUT_BYTES=1 << 20)
               for fill in (0, 0xA5)]
    assert results[0].status == 0, results[0].message
    assert results[0].data == results[1].data
