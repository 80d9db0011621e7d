# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Images whose pixels say where they lie, and the requests of /image that are made of them."""
import dataclasses
import functools
import itertools
import random

import numpy
from PIL import Image

from samples import files, heif, png

SIZES = [(97, 61), (96, 64), (61, 98), (48, 48), (131, 17)]
ORIENTATIONS = range(1, 9)
GRAVITIES = ["center", "north", "northeast", "east", "southeast", "south", "southwest", "west",
             "northwest", "0.3,0.8", "0,1", "0.333,0.5"]
CROPS = ["square", "7,5,31,11", "0,0,16,16", "16,8,200,200", "40,3,1,9", "-9,5,40,20", "pct:10,20,50,60.5",
         "pct:33.3,0,33.4,100", "pct:0,99,100,1", "pct:-20,10,50.5,1000"]
FITS = ["inside", "cover", "fill", "pad", "outside"]
BOXES = [(40, 40), (64, 20), (20, 64), (97, 61), (29, 150), (160, 110)]
FLIPS = ["", "h", "v", "hv"]
ROTATIONS = ["", "90", "180", "270"]

ALPHA = {"png", "webp", "avif", "gif", "tiff"} # the formats that have it
OUTPUTS = ["jpeg", "png", "webp", "avif", "gif", "tiff"]


def positions(width, height):
    """Red rises to the right, green to the bottom, blue waves, and a few boxes have edges. Soft enough
    for lossy formats, and no part is like another."""
    y, x = numpy.mgrid[:height, :width]
    red = 30 + 195 * x / max(1, width - 1)
    green = 30 + 195 * y / max(1, height - 1)
    blue = 128 + 80 * numpy.sin(x / 9) * numpy.cos(y / 7)
    pixels = numpy.stack([red, green, blue], axis=2)
    for left, top in ((0.15, 0.2), (0.6, 0.5)):
        part = pixels[int(top * height):, int(left * width):][:height // 5, :width // 5]
        part += 30
    return numpy.clip(pixels.round(), 0, 255).astype(numpy.uint8)


def with_alpha(pixels):
    """Opaque at the top, invisible at the bottom right."""
    height, width = pixels.shape[:2]
    y, x = numpy.mgrid[:height, :width]
    alpha = 330 - 200 * x / width - 200 * y / height
    return numpy.dstack([pixels, numpy.clip(alpha, 0, 255).astype(numpy.uint8)])


@dataclasses.dataclass(frozen=True)
class Source:
    """A file, and its pixels as stored."""
    data: bytes
    pixels: numpy.ndarray


JPEG = {"JPEG": {"subsampling": 0}, "JPEG 420": {"subsampling": 2}, "JPEG 422": {"subsampling": 1},
        "JPEG progressive": {"subsampling": 2, "progressive": True}}
EXIF_KINDS = [*JPEG, "JPEG gray", "PNG", "PNG alpha", "PNG gray", "PNG 16 bit", "PNG palette", "WEBP",
              "WEBP lossless", "WEBP alpha", "TIFF", "TIFF alpha"]
KINDS = [*EXIF_KINDS, "GIF", "AVIF", "HEIC"]
SUBSAMPLED = ["JPEG 420", "JPEG 422", "JPEG progressive", "WEBP", "WEBP alpha", "HEIC"]
LOSSLESS = {"PNG": "RGB", "PNG alpha": "RGBA", "PNG gray": "L", "PNG palette": "P", "WEBP lossless": "RGB",
            "TIFF": "RGB", "TIFF alpha": "RGBA"}


def exif(orientation):
    block = Image.Exif()
    if orientation != 1:
        block[0x0112] = orientation
    return block


def array(image):
    """Height x width x channels."""
    if image.mode == "P":
        image = image.convert("RGB")
    found = numpy.asarray(image)
    return found if found.ndim == 3 else found[..., None]


@functools.cache
def source(kind, size, orientation=1):
    """An image of one of KINDS; `size` as stored."""
    pixels = positions(*size)
    if "alpha" in kind:
        pixels = with_alpha(pixels)
    if kind in ("AVIF", "HEIC"):
        data = heif.encode(pixels, kind=kind)
        return Source(data, heif.decode(data, kind)[..., :3])
    if kind == "PNG 16 bit":
        wide = pixels.astype(numpy.uint16) * 257
        chunk = b"" if orientation == 1 else png.chunk(b"eXIf", exif(orientation).tobytes()[6:])
        return Source(png.write(wide, chunk), wide)
    image = Image.fromarray(pixels)
    if kind == "GIF":
        data = files.encode(image.quantize(255), kind)
        return Source(data, array(files.decode(data).convert("RGB")))
    options = {"exif": exif(orientation)}
    if kind in LOSSLESS:
        image = image.quantize(200) if LOSSLESS[kind] == "P" else image.convert(LOSSLESS[kind])
        options |= {"lossless": True, "exact": True} if "WEBP" in kind else {}
    else:
        image = image.convert("L") if kind == "JPEG gray" else image
        options |= {"quality": 95, **JPEG.get(kind, {})}
    file_format = kind.partition(" ")[0]
    if file_format == "TIFF":
        options = {"tiffinfo": {0x0112: orientation}}
    data = files.encode(image, file_format, **options)
    return Source(data, array(image) if kind in LOSSLESS else array(files.decode(data)))


@dataclasses.dataclass(frozen=True)
class Case:
    kind: str
    size: tuple
    orientation: int
    parameters: dict

    @property
    def source(self):
        return source(self.kind, self.size, self.orientation)

    @property
    def output(self):
        """The result's format."""
        kept = self.kind.partition(" ")[0].lower()
        return self.parameters.get("format", "jpeg" if kept == "heic" else kept)

    @property
    def query(self):
        return "&".join(f"{name}={value}" for name, value in self.parameters.items())

    def __str__(self):
        width, height = self.size
        return f"{self.kind} {width}x{height} orientation {self.orientation} ?{self.query}"


def resizes():
    """Every way to ask for a size."""
    yield from ({"scale": factor} for factor in ("0.29", "0.5", "0.125", "0.731", "1"))
    for enlarge in ({}, {"enlarge": "true"}):
        yield from ({"width": str(width), **enlarge} for width in (31, 64, 140))
        yield from ({"height": str(height), **enlarge} for height in (16, 33, 120))
        for (width, height), fit in itertools.product(BOXES, FITS):
            yield {"width": str(width), "height": str(height), "fit": fit, **enlarge}


def given(**parameters):
    """Those that are not empty."""
    return {name: value for name, value in parameters.items() if value}


def moves():
    """Every crop with every turn: no pixel changes its value."""
    for orientation, crop, flip, rotate in itertools.product(ORIENTATIONS, CROPS, FLIPS, ROTATIONS):
        size = SIZES[(orientation + len(crop)) % 2]
        yield Case("PNG", size, orientation, given(crop=crop, flip=flip, rotate=rotate))


def one_in(draw, count, values):
    """A value in one of so many cases, else none."""
    return draw.choice(values) if draw.randrange(count) == 0 else ""


def everything(seed=12):
    """Every way to ask for a size, of every size and orientation; all else is drawn, always the same."""
    draw = random.Random(seed)
    for resize, size, orientation in itertools.product(resizes(), SIZES, ORIENTATIONS):
        kind = draw.choice(["JPEG 420", "JPEG", "PNG"] if draw.randrange(3) == 0 else EXIF_KINDS)
        yield Case(kind, size, orientation, drawn(draw, resize))
    for kind in ("GIF", "AVIF", "HEIC"):
        for resize in draw.sample(list(resizes()), 25):
            yield Case(kind, SIZES[draw.randrange(2)], 1, drawn(draw, resize))


def drawn(draw, resize):
    parameters = given(
        crop=one_in(draw, 3, CROPS[:4] + CROPS[5:8]), gravity=one_in(draw, 2, GRAVITIES),
        flip=one_in(draw, 4, FLIPS[1:]), rotate=one_in(draw, 3, ROTATIONS[1:]),
        linear=one_in(draw, 6, ["true"]), blur=one_in(draw, 12, ["0.3", "0.8", "2", "5.5"]),
        sharpen=one_in(draw, 12, ["0.5", "1", "2.5"]), gray=one_in(draw, 6, ["luma", "luminance"]),
        background=one_in(draw, 3, ["102030", "40608080", "ffffff", "00000000"]),
        # Where it is not asked for, the source's. AVIF is slow to write, and to judge.
        format=one_in(draw, 2, OUTPUTS + ["jpeg", "png", "webp"] * 2))
    return resize | parameters | {"quality": "95"}
