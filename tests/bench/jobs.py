# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The jobs of /image: a box or a square, in one format or another, from several kinds of source; each
a query that grisaille and sharp_server.js both understand, and what its answers are judged by."""
import dataclasses
import io
import pathlib
import re
import subprocess
import tempfile
import urllib.parse

import numpy
from PIL import Image, ImageOps

import quality
from measure import ask


@dataclasses.dataclass(frozen=True)
class Job:
    title: str
    kind: str # of sources: sources.made()
    query: str

    @property
    def parameters(self):
        return dict(urllib.parse.parse_qsl(self.query))


BOX, SQUARE = "width=512&height=512", "width=256&height=256&fit=cover"
JOBS = (
    Job("JPEG, box 512, to JPEG", "few", f"{BOX}&format=jpeg&quality=80"),
    Job("JPEG, box 512, to WebP", "few", f"{BOX}&format=webp&quality=80"),
    Job("JPEG, box 512, to AVIF", "few", f"{BOX}&format=avif&quality=60"),
    Job("JPEG, cover 256, to JPEG", "few", f"{SQUARE}&format=jpeg&quality=80"),
    Job("phone, 12 MP, to 256", "phone", "width=256&height=256&format=jpeg&quality=80"),
    Job("PNG with alpha, box 512, to WebP", "png alpha", f"{BOX}&format=webp&quality=80"),
    Job("HEIC, 12 MP, box 512, to JPEG", "heic", f"{BOX}&format=jpeg&quality=80"),
)


def decoded(data):
    """An image as it is shown: upright, over gray where it is transparent."""
    if data[4:12] == b"ftypavif": # Pillow of Debian 12 reads none
        data = converted(data, ".avif", "avifdec")
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode in ("RGBA", "LA", "PA"):
        ground = Image.new("RGBA", image.size, (128, 128, 128, 255))
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return image.convert("RGB")


def converted(data, suffix, program):
    """As a PNG, by a codec's own tool."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = pathlib.Path(folder) / f"source{suffix}", pathlib.Path(folder) / "result.png"
        source.write_bytes(data)
        subprocess.run([program, source, result], check=True, capture_output=True)
        return result.read_bytes()


def ideal(path, parameters, size):
    """What an answer of this size should look like: all of the source decoded, filtered with lanczos3."""
    data = pathlib.Path(path).read_bytes()
    source = decoded(converted(data, ".heic", "heif-convert") if path.endswith(".heic") else data)
    if parameters.get("fit") == "cover":
        return ImageOps.fit(source, size, Image.LANCZOS)
    return source.resize(size, Image.LANCZOS)


def butteraugli(first, second):
    """The 3-norm of Butteraugli's distance: 0 is the same, 1 is just seen."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("first.png", "second.png")]
        for image, path in zip((first, second), paths):
            image.save(path, compress_level=1)
        said = subprocess.run(["butteraugli_main", *paths], check=True, capture_output=True,
                              text=True).stdout
    return float(re.search(r"3-norm: ([\d.]+)", said).group(1))


def expected_size(path, parameters):
    """Of a result in a box, or of one that covers it."""
    box = int(parameters["width"]), int(parameters["height"])
    if parameters.get("fit") == "cover":
        return box
    data = pathlib.Path(path).read_bytes()
    source = decoded(converted(data, ".heic", "heif-convert") if path.endswith(".heic") else data)
    factor = min(1, *(side / length for side, length in zip(box, source.size)))
    return tuple(max(1, int(length * factor + 0.5)) for length in source.size)


def judged(job, path, contestants):
    """{name: {psnr, butteraugli}} of each one's answer."""
    found = {}
    for contestant in contestants:
        answer = decoded(ask(contestant, job.query, [path], 1)[path])
        size = expected_size(path, job.parameters)
        assert all(abs(got - wanted) <= 1 for got, wanted in zip(answer.size, size)), (
            contestant.name, job.title, answer.size, size)
        wanted = ideal(path, job.parameters, answer.size)
        found[contestant.name] = {
            "psnr": quality.psnr(numpy.asarray(answer), numpy.asarray(wanted)),
            "butteraugli": butteraugli(wanted, answer)}
    return found


def contestants_of(job, ours, sharp):
    """sharp as npm has it reads no HEIC: its patents."""
    return [ours] if job.kind == "heic" else [ours, sharp]
