# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""AVIF and HEIC: items as libheif's and libavif's encoders make them, and any boxes around them."""
import dataclasses
import functools
import io
import pathlib
import struct
import subprocess
import tempfile

import numpy as np
from PIL import Image

ALPHA = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"


def box(name, *parts):
    data = b"".join(parts)
    return struct.pack(">I4s", 8 + len(data), name.encode()) + data


def full_box(name, *parts, version=0, flags=0):
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


def boxes(data):
    """[(name, content)] of a container."""
    found, at = [], 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        size = size or len(data) - at
        found.append((name.decode("latin1"), data[at + 8:at + size]))
        at += size
    return found


def inside(data, *names):
    """The content of a box in boxes; meta and iref are full boxes."""
    for name in names:
        data = dict(boxes(data))[name]
        data = data[4:] if name == "meta" else data
    return data


@dataclasses.dataclass
class Item:
    """An item with its own properties: boxes in order. `references`: [(type, [item numbers])]."""
    kind: str
    data: bytes
    properties: list
    references: list = dataclasses.field(default_factory=list)

    def having(self, *properties, references=()):
        return dataclasses.replace(self, properties=self.properties + list(properties),
                                   references=self.references + list(references))


def ispe(width, height):
    return full_box("ispe", struct.pack(">II", width, height))


def irot(quarters):
    return box("irot", bytes([quarters]))


def imir(axis):
    return box("imir", bytes([axis]))


def clap(width, height, x, y):
    """x and y: of the centre, from the image's, in halves."""
    return box("clap", struct.pack(">IIIIiIiI", width, 1, height, 1, x, 2, y, 2))


def nclx(primaries, transfer, matrix, full=True):
    return box("colr", b"nclx", struct.pack(">HHHB", primaries, transfer, matrix, 128 * full))


def icc(profile):
    return box("colr", b"prof", profile)


def auxiliary(kind=ALPHA):
    return full_box("auxC", kind.encode() + b"\0")


def run(*words):
    done = subprocess.run(list(map(str, words)), capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()


def png(pixels):
    out = io.BytesIO()
    if pixels.dtype == np.uint16: # Pillow writes none of colour
        from samples import png as wide
        return wide.write(pixels)
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def encode(pixels, *options, kind="HEIC"):
    """A file by heif-enc, or for "AVIF" by avifenc."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = pathlib.Path(folder, "in.png"), pathlib.Path(folder, "out")
        source.write_bytes(png(pixels))
        if kind == "HEIC":
            run("heif-enc", *(options or ("-q", 95)), source, "-o", result)
        else:
            run("avifenc", "-s", 9, "-j", 1, *(options or ("--min", 0, "--max", 8)), source, result)
        return result.read_bytes()


def decode(data, kind):
    """Pixels by heif-convert or avifdec."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = pathlib.Path(folder, f"in.{kind.lower()}"), pathlib.Path(folder, "out.png")
        source.write_bytes(data)
        run(*(["heif-convert"] if kind == "HEIC" else ["avifdec", "-j", 1]), source, result)
        return np.asarray(Image.open(result))


def coded(pixels, *options, kind="HEIC"):
    """The image alone, without what the encoder said of its colours."""
    data = encode(pixels, *options, kind=kind)
    properties = boxes(inside(data, "meta", "iprp", "ipco"))
    config = next(box(*each) for each in properties if each[0] in ("hvcC", "av1C"))
    location = inside(data, "meta", "iloc")
    sizes, bases = location[4], location[5]
    at = 8 + 2 + (2 if location[0] > 0 else 0) + 2 # of the first item, behind which its base is
    base = int.from_bytes(location[at:at + (bases >> 4)], "big")
    at += (bases >> 4) + 2 + (bases & 15 if location[0] > 0 else 0)
    offset = base + int.from_bytes(location[at:at + (sizes >> 4)], "big")
    at += sizes >> 4
    length = int.from_bytes(location[at:at + (sizes & 15)], "big")
    return Item("hvc1" if kind == "HEIC" else "av01", data[offset:offset + length],
                [ispe(pixels.shape[1], pixels.shape[0]), config])


def grid(rows, columns, width, height, tiles):
    """An item of tiles, which have these numbers."""
    data = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    return Item("grid", data, [ispe(width, height)], [("dimg", tiles)])


def file(items, brand="heic", primary=1, extents=1, extra=0):
    """Items from number 1 on; `extra` are further entries that have no data."""
    located, entries, properties, associated, referring = [], [], [], [], []
    data = b""
    for number, item in enumerate(items, 1):
        step = -(-len(item.data) // extents)
        pieces = [(len(data) + at, min(step, len(item.data) - at))
                  for at in range(0, len(item.data), step or 1)]
        located.append((number, pieces))
        data += item.data
        entries.append(full_box("infe", struct.pack(">HH4s", number, 0, item.kind.encode()), b"\0",
                                version=2))
        first = len(properties) + 1
        properties += item.properties
        associated.append(struct.pack(">HB", number, len(item.properties)) +
                          b"".join(struct.pack(">H", first + i)
                                   for i in range(len(item.properties))))
        referring += [box(kind, struct.pack(f">HH{len(to)}H", number, len(to), *to))
                      for kind, to in item.references]
    for number in range(len(items) + 1, len(items) + 1 + extra):
        entries.append(full_box("infe", struct.pack(">HH4s", number, 0, b"mime"), b"\0", version=2))

    def meta(start):
        location = b"".join(struct.pack(">HHH", number, 0, len(pieces)) +
                            b"".join(struct.pack(">II", start + at, size) for at, size in pieces)
                            for number, pieces in located)
        return full_box(
            "meta", full_box("hdlr", struct.pack(">I4s12xB", 0, b"pict", 0)),
            full_box("pitm", struct.pack(">H", primary)),
            full_box("iloc", b"\x44\0", struct.pack(">H", len(located)), location),
            full_box("iinf", struct.pack(">H", len(entries)), *entries),
            full_box("iref", *referring) if referring else b"",
            box("iprp", box("ipco", *properties),
                full_box("ipma", struct.pack(">I", len(associated)), *associated, flags=1)))
    head = box("ftyp", brand.encode(), b"\0\0\0\0", brand.encode(), b"mif1miaf")
    return head + meta(len(head) + len(meta(0)) + 8) + box("mdat", data)


@functools.lru_cache(maxsize=None)
def smooth(width, height, bits=8, bands=3):
    """Colours that chroma of half the size holds, with a corner that differs from the others."""
    y, x = np.mgrid[:height, :width].astype(float)
    levels = (1 << bits) - 1
    planes = [x / width, y / height, (x + y) / (width + height),
              1 - x * y / (width * height)][:bands]
    pixels = np.stack(planes, -1) * 0.8 + 0.1
    pixels[:height // 4, :width // 4] *= 0.5
    pixels = np.round(pixels * levels)
    return (pixels * (65535 / levels)).round().astype(np.uint16) if bits > 8 else \
        pixels.astype(np.uint8)
