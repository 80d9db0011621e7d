# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What is measured on: Debian's photographs as they are, and smaller ones made from them."""
import pathlib
import subprocess
import tempfile

import numpy
from PIL import Image, ImageOps

LOMIRI = "/usr/share/backgrounds/*_by_*.jpg"   # lomiri-wallpapers-16.04, -20.04
NATURE = "/usr/share/backgrounds/mate/nature/*.jpg" # mate-backgrounds


class ImageFile:
    def __init__(self, path, kind=""):
        self.path = str(path)
        if kind == "heic": # which Pillow does not read
            self.size, self.mode, self.progressive = (4032, 3024), "RGB", False
        else:
            with Image.open(path) as image:
                self.size, self.mode = image.size, image.mode
                self.progressive = bool(image.info.get("progressive"))
        self.megapixels = self.size[0] * self.size[1] / 1e6
        self.bytes = pathlib.Path(path).stat().st_size

    @property
    def name(self):
        return pathlib.Path(self.path).stem.split("_by_")[0]

    def description(self):
        return {"name": self.name, "megapixels": self.megapixels, "bytes": self.bytes,
                "progressive": self.progressive}


def spread(images, count):
    """So many of them, from all along the list."""
    return images[:: max(1, len(images) // count)][:count]


def photographs(limit=None):
    """All of them, or a few that are baseline, progressive, large and small."""
    paths = [path for pattern in (LOMIRI, NATURE) for path in sorted(pathlib.Path("/").glob(
        pattern.lstrip("/")))]
    images = [ImageFile(path) for path in paths]
    images = [image for image in images if image.mode == "RGB"]
    return spread(images, limit) if limit else images


def made(folder, kind, sources):
    """Images of a kind made from photographs: "small" JPEGs of about 50 KB; "png", "webp", "webp
    lossless" and "png alpha" of 1600 pixels width; "phone", of 12 megapixels and on its side, and "heic",
    the same upright."""
    folder = pathlib.Path(folder) / kind.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    return [ImageFile(make(folder, kind, source), kind) for source in sources]


def vignette(image):
    """The image in an oval that fades out."""
    horizontal, vertical = (numpy.linspace(-1, 1, length) for length in image.size)
    distance = numpy.hypot(*numpy.meshgrid(horizontal, vertical))
    alpha = (numpy.clip(1.2 - distance, 0, 0.4) / 0.4 * 255).astype(numpy.uint8)
    image.putalpha(Image.fromarray(alpha))
    return image


def save_phone(image, path):
    """As a phone held upright stores it: wide, with an orientation that says how to turn it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    ImageOps.fit(image, (4032, 3024), Image.LANCZOS).save(path, "jpeg", quality=92, exif=exif)


def save_heic(image, path):
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        ImageOps.fit(image, (4032, 3024), Image.LANCZOS).save(file.name, compress_level=1)
        subprocess.run(["heif-enc", "-q", "60", "-p", "preset=ultrafast", file.name, "-o", path],
                       check=True, capture_output=True)


SUFFIXES = {"small": "jpg", "phone": "jpg", "heic": "heic"}


def make(folder, kind, source):
    path = folder / f"{source.name}.{SUFFIXES.get(kind, kind.split()[0])}"
    if path.exists():
        return path
    image = Image.open(source.path).convert("RGB")
    if kind in ("phone", "heic"):
        (save_phone if kind == "phone" else save_heic)(image, path)
        return path
    width = 640 if kind == "small" else 1600
    image = image.resize((width, round(image.height * width / image.width)), Image.LANCZOS)
    if kind == "png alpha":
        image = vignette(image)
    options = {"lossless": True} if "lossless" in kind else {"quality": 80}
    image.save(path, **options)
    return path
