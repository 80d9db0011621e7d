# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""JPEGs taken apart into their segments and put together again, otherwise than they were."""
import struct
import subprocess
import tempfile

import numpy as np
from PIL import Image

from samples import files

SOF = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
DHT, SOI, EOI, SOS, DQT, DRI, COM = 0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD, 0xFE
APP0, APP1, APP2, APP14 = 0xE0, 0xE1, 0xE2, 0xEE


class Segment:
    """A marker, what its segment holds, and the entropy-coded bytes behind an SOS."""

    def __init__(self, marker, content=b"", scan=b""):
        self.marker, self.content, self.scan = marker, bytes(content), bytes(scan)

    def __bytes__(self):
        head = bytes([0xFF, self.marker])
        return head + struct.pack(">H", len(self.content) + 2) + self.content + self.scan


def split(data):
    """The segments between SOI and EOI."""
    segments, at = [], 2
    while data[at + 1] != EOI:
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        content, at = data[at + 4:at + 2 + length], at + 2 + length
        end = at
        if marker == SOS:
            while data[end] != 0xFF or data[end + 1] == 0 or 0xD0 <= data[end + 1] <= 0xD7:
                end += 1
        segments.append(Segment(marker, content, data[at:end]))
        at = end
    return segments


def join(segments, end=b"\xff\xd9"):
    return b"\xff\xd8" + b"".join(map(bytes, segments)) + end


def without(data, *markers):
    return join([segment for segment in split(data) if segment.marker not in markers])


def replaced(data, marker, change):
    """Each segment of that marker with what `change` makes of its content."""
    return join([Segment(segment.marker, change(segment.content), segment.scan)
                 if segment.marker == marker else segment for segment in split(data)])


def cjpeg(image, *options):
    netpbm = files.encode(image, "PPM")
    return subprocess.run(["cjpeg", *options], input=netpbm, capture_output=True, check=True).stdout


def jpegtran(data, *options):
    return subprocess.run(["jpegtran", "-copy", "all", *options], input=data, capture_output=True,
                          check=True).stdout


def sample(width=149, height=101, seed=3):
    """Colours, edges and some noise: every scan of it says something."""
    small = np.random.default_rng(seed).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    large = np.asarray(Image.fromarray(small).resize((width, height), Image.BICUBIC)).astype(int)
    noise = np.random.default_rng(seed + 1).integers(-20, 21, large.shape)
    return Image.fromarray(np.clip(large + noise, 0, 255).astype(np.uint8))


def kinds(width=149, height=101):
    """{name: bytes} of every kind that is read: coding, colours, sampling, restarts, scans."""
    image = sample(width, height)
    plain = files.encode(image, "JPEG", quality=85)
    cmyk = files.encode(image.convert("CMYK"), "JPEG", quality=85)
    several = b"0;\n1;\n2;\n"
    found = {
        "baseline": plain,
        "baseline 444": files.encode(image, "JPEG", quality=85, subsampling=0),
        "progressive": files.encode(image, "JPEG", quality=85, progressive=True),
        "gray": files.encode(image.convert("L"), "JPEG", quality=85),
        "gray progressive": files.encode(image.convert("L"), "JPEG", quality=85, progressive=True),
        "restarts": cjpeg(image, "-restart", "1"),
        "progressive restarts": cjpeg(image, "-progressive", "-restart", "1"),
        "P3": files.encode(image, "JPEG", quality=85, icc_profile=files.wide_profile()),
        "P3 progressive": files.encode(image, "JPEG", quality=85, progressive=True,
                                       icc_profile=files.wide_profile()),
        "RGB": cjpeg(image, "-rgb"),
        "RGB progressive": cjpeg(image, "-rgb", "-progressive"),
        "CMYK": cmyk,
        "CMYK progressive": jpegtran(cmyk, "-progressive"),
        "YCCK": ycck(cmyk),
        "luma sampled less": cjpeg(image, "-sample", "1x1,2x2,2x2"),
        "scans apart": scans_apart(plain, several),
        "arithmetic": cjpeg(image, "-arithmetic"),
        "arithmetic progressive": cjpeg(image, "-arithmetic", "-progressive"),
        "arithmetic CMYK": jpegtran(cmyk, "-arithmetic"),
    }
    return found


def ycck(cmyk):
    """The same numbers, said to be Y, Cb, Cr and K."""
    return replaced(cmyk, APP14, lambda content: content[:11] + b"\x02")


def scans_apart(data, script, *options):
    """Each scan as the script of jpegtran has it."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(script)
        file.flush()
        return jpegtran(data, *options, "-scans", file.name)
