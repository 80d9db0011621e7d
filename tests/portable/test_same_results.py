# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What the plain C that other processors run (build-portable) makes of an image, on every fast path and on the
general one, is what this processor's kernels make of it, to the byte; and nearly so where floats are rounded, for
which a processor may multiply and add in one step."""
import concurrent.futures
import io
import os
import pathlib
import subprocess
import zlib

import numpy as np
import pytest
from PIL import Image

from samples import files, heif, pixels, png

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLI = "tests/tools/image_cli"
PORTABLE = ROOT / "build-portable" / CLI
NATIVE = ROOT / os.environ.get("GRISAILLE_BUILD", "build") / CLI
WIDTH, HEIGHT = 413, 299 # rests of every vector's length
FILTERS = 5 # of PNG

pytestmark = pytest.mark.skipif(not (PORTABLE.exists() and NATIVE.exists()),
                                reason="./check builds build-portable")

SAMPLINGS = {"444": 0, "422": 1, "420": 2, "gray": 3, "440": 4, "411": 5} # TJSAMP_...


def jpegs(width=WIDTH, height=HEIGHT):
    for name, sampling in SAMPLINGS.items():
        for progressive in (False, True):
            yield (f"{name} {'progressive' if progressive else 'baseline'}",
                   files.turbo_jpeg(width, height, progressive, sampling))
    yield "restarts", files.restarting_jpeg(width, height, 3)


def jpegs_of_whole_blocks():
    return jpegs(384, 288)


def pngs():
    """Pixels of every size, each by every filter: rows of noise are valid by all of them."""
    for colour_type in (0, 2, 4, 6):
        for bits in (8, 16):
            shape = (HEIGHT, WIDTH, png.CHANNELS[colour_type])
            rows = np.random.default_rng(4).integers(0, 256, (HEIGHT, 1 + WIDTH * shape[2] * bits // 8), dtype=np.uint8)
            rows[:, 0] = np.arange(HEIGHT) % FILTERS
            yield (f"colour type {colour_type}, {bits} bits",
                   png.write_any(np.empty(shape), bits, colour_type, stream=zlib.compress(rows.tobytes(), 1)))
    yield "palette", files.encode(files.image(WIDTH, HEIGHT).quantize(60), "PNG")


def webps(**options):
    for mode in ("RGB", "RGBA"):
        yield mode, files.encode(files.image(WIDTH, HEIGHT, mode), "WEBP", **(options or {"quality": 90}))


def lossless_webps():
    return webps(lossless=True)


def others():
    image = files.image(WIDTH, HEIGHT)
    yield "TIFF", files.encode(image, "TIFF", compression="tiff_lzw")
    yield "PNG with alpha", files.encode(files.image(WIDTH, HEIGHT, "RGBA"), "PNG")
    yield "HEIC", heif.encode(heif.smooth(WIDTH, HEIGHT), kind="HEIC")


def gifs():
    yield "still", files.encode(files.image(WIDTH, HEIGHT), "GIF")
    yield "animation", files.animation("GIF", 120, 90)


ANY_SCALE = [f"scale={scale}&quality=90" for scale in
             ("0.9", "0.625", "0.5", "0.45", "0.375", "0.3", "0.25", "0.2", "0.125", "0.04")]
# The path: what goes in, and requests.
PATHS = {
    "jpeg-luma-copy": (jpegs, ["gray=luma"]),
    "jpeg-copy": (jpegs_of_whole_blocks, ["rotate=90&lossless=true", "flip=hv&lossless=true"]),
    "jpeg-planes": (jpegs, [*ANY_SCALE, "gray=luma&scale=0.5", "gray=luma&width=100", "crop=33,17,211,190&flip=h",
                            "rotate=90&quality=90", "scale=0.5&format=webp"]),
    "png-rows": (pngs, ["scale=0.9", "scale=0.5", "scale=0.3", "width=40", "gray=luma"]),
    "webp-planes": (webps, ["scale=0.5", "scale=0.3&gray=luma", "gray=luma&quality=80"]),
    "webp-lossless": (lossless_webps, ["gray=luma"]),
    "gif-copy": (gifs, ["gray=luma"]),
    "gif-frames": (gifs, ["scale=0.5", "scale=0.3&gray=luma"]),
    "general": (others, ["scale=0.5&format=png", "blur=3&format=png", "blur=20&format=png", "sharpen=2&format=png",
                         "scale=0.3&linear=true&format=png", "gray=luminance&format=png",
                         "width=200&height=200&fit=pad&background=336699&format=png"]),
}
# What is in floats until it is rounded, with sums on the edge: by how much samples may differ at most, a JPEG's by a
# coefficient's step, and on average.
FLOATS = ("blur=", "rotate=90&quality=")
LEVELS, AVERAGE = 8, 0.01


class Job:
    def __init__(self, path, source, query):
        self.path, self.source, self.query = path, source, query

    def __str__(self):
        return f"{self.path}: {self.source}: {self.query}"


def all_jobs():
    """(job, bytes)"""
    for path, (sources, queries) in PATHS.items():
        for name, data in sources():
            for query in queries:
                yield Job(path, name, query), data


def run_all(program, jobs, folder):
    """(status, bytes) of each."""
    folder.mkdir()
    lines = []
    for number, (job, data) in enumerate(jobs):
        (folder / f"{number}.in").write_bytes(data)
        lines.append(f"do {job.query} {folder}/{number}.in {folder}/{number}.out\n")
    ran = subprocess.run([program, "-"], input="".join(lines), capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    statuses = [int(line.split(" ")[0]) for line in ran.stdout.splitlines()]
    results = [folder / f"{number}.out" for number in range(len(jobs))]
    return [(status, path.read_bytes() if path.exists() else b"") for status, path in zip(statuses, results)]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """(job, the native build's result, the portable build's)"""
    folder = tmp_path_factory.mktemp("results")
    jobs = list(all_jobs())
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        native, portable = executor.map(lambda program: run_all(program, jobs, folder / program.parents[2].name),
                                        (NATIVE, PORTABLE))
    return [(job, *both) for (job, _), *both in zip(jobs, native, portable)]


def frames(data):
    image = Image.open(io.BytesIO(data))
    for frame in range(getattr(image, "n_frames", 1)):
        image.seek(frame)
        yield np.asarray(image.convert("RGBA" if "A" in image.getbands() else "RGB"), dtype=int)


def difference(native, portable):
    """(most, on average) of two files' samples."""
    pairs = [np.abs(a - b) for a, b in zip(frames(native), frames(portable), strict=True)]
    return max(pair.max() for pair in pairs), max(pair.mean() for pair in pairs)


@pytest.mark.parametrize("path", PATHS)
def test_results(results, path):
    """The same bytes."""
    wrong = []
    for job, (status, native), (portable_status, portable) in results:
        if job.path != path:
            continue
        if status != 0 or portable_status != 0:
            wrong.append(f"{job}: status {status} and {portable_status}")
        elif native != portable:
            most, average = difference(native, portable)
            if not job.query.startswith(FLOATS) or most > LEVELS or average > AVERAGE:
                wrong.append(f"{job}: differs by {most} levels, {average:.3f} on average")
    assert wrong == []


@pytest.mark.parametrize("path", PATHS)
def test_path_is_taken(tmp_path, path):
    """Each of the requests above goes the path that it stands for, in the portable build too."""
    sources, queries = PATHS[path]
    (tmp_path / "in").write_bytes(next(iter(sources()))[1])
    for program in (NATIVE, PORTABLE):
        ran = subprocess.run([program, "do", queries[0], tmp_path / "in", tmp_path / "out", "1"],
                             capture_output=True, text=True, timeout=60)
        assert f"path {path}\n" in ran.stdout, ran
