# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What is measured on: Debian's photographs as they are, and smaller ones made from them."""
import pathlib

from PIL import Image

LOMIRI = "/usr/share/backgrounds/*_by_*.jpg"   # lomiri-wallpapers-16.04, -20.04
NATURE = "/usr/share/backgrounds/mate/nature/*.jpg" # mate-backgrounds


class ImageFile:
    def __init__(self, path):
        self.path = str(path)
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
    """Images of a kind made from photographs: "small" JPEGs of about 50 KB, "png", "webp" and
    "webp lossless" of 1600 pixels width."""
    folder = pathlib.Path(folder) / kind.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    return [ImageFile(make(folder, kind, source)) for source in sources]


def make(folder, kind, source):
    suffix = "jpg" if kind == "small" else kind.split()[0]
    path = folder / f"{source.name}.{suffix}"
    if path.exists():
        return path
    image = Image.open(source.path).convert("RGB")
    width = 640 if kind == "small" else 1600
    image = image.resize((width, round(image.height * width / image.width)), Image.LANCZOS)
    options = {"lossless": True} if "lossless" in kind else {"quality": 80}
    image.save(path, **options)
    return path
