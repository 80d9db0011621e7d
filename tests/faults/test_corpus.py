# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Every input format through the real sandbox, cold and warm, in parallel: a library that makes a new
system call late is noticed here. An allow-list without such a test is a time bomb."""
import collections
import concurrent.futures
import io
import itertools

import numpy
import pytest
from PIL import Image

from faults.injection import needs_root, open_folder, wrapped
from samples import files, heif, pixels, png
from support.clients import Client
from support.programs import LONG, SCALE, sanitizer

pytestmark = pytest.mark.skipif(sanitizer() != "none", reason="instrumented workers have no sandbox")

PATHS = ("/gray", "/scale?scale=0.5", "/scale?scale=0.13", "/gray?scale=0.4", "/gray?quality=60")
CLIENTS = 8
LARGEST = 100_000_000


def generated():
    """(name, bytes): what each format can be, and each way through the codecs."""
    for mode in ("RGB", "L", "CMYK"):
        for options in ({}, {"progressive": True}):
            yield f"JPEG {mode} {options}", files.encode(files.image(333, 222, mode), "JPEG",
                                                         quality=88, **options)
    for progressive in (False, True):
        yield f"JPEG restarting {progressive}", files.restarting_jpeg(333, 222, 3, progressive)
    for subsampling in ("4:4:4", "4:2:2", "4:2:0", "4:1:1"):
        yield f"JPEG {subsampling}", files.jpeg(301, 207, subsampling=subsampling)
    for orientation in range(1, 9):
        yield f"JPEG turned {orientation}", files.jpeg(160, 96, exif=files.exif(orientation, True))
    yield "JPEG wide", files.jpeg(200, 150, icc_profile=files.wide_profile())
    for mode in ("RGB", "RGBA", "L", "LA", "P", "1"):
        yield f"PNG {mode}", files.encode(files.image(222, 111, mode), "PNG")
        if mode not in ("LA", "RGBA"):
            yield f"GIF {mode}", files.encode(files.image(200, 100, mode), "GIF")
    yield "PNG 16", png.write(pixels.wide(pixels.rgb(120, 80)))
    yield "PNG wide", files.encode(files.image(99, 55), "PNG", icc_profile=files.wide_profile())
    for options in ({"lossless": True}, {"quality": 80}, {"quality": 80, "method": 6}):
        for mode in ("RGB", "RGBA"):
            yield f"WebP {mode} {options}", files.encode(files.image(210, 140, mode), "WEBP",
                                                         **options)
    for mode, compression in itertools.product(
            ("RGB", "RGBA", "L", "1", "CMYK"), ("raw", "tiff_lzw", "tiff_adobe_deflate",
                                                "packbits")):
        yield f"TIFF {mode} {compression}", files.encode(files.image(180, 90, mode), "TIFF",
                                                         compression=compression)
    yield "TIFF jpeg", files.encode(files.image(180, 90), "TIFF", compression="jpeg")
    yield "TIFF 16", files.encode(Image.fromarray(
        pixels.wide(pixels.rgb(90, 60))[..., 0].copy()), "TIFF")
    for kind in ("HEIC", "AVIF"):
        for size in ((180, 90), (333, 222)):
            yield f"{kind} {size}", heif.encode(heif.smooth(*size), kind=kind)
    for options in (("-y", 400), ("-d", 10), ("-l",)):
        yield f"AVIF {options}", heif.encode(heif.smooth(100, 60), *options, kind="AVIF")
    yield "AVIF alpha", heif.encode(numpy.asarray(files.image(100, 60, "RGBA")), kind="AVIF")
    yield "HEIC BT.2020 PQ", heif.file([heif.coded(heif.smooth(64, 64)).having(
        heif.nclx(9, 16, 9), heif.irot(1))])
    for file_format in ("GIF", "WEBP"):
        yield f"{file_format} animation", files.animation(file_format)


def photographs():
    """(name, bytes): the small ones, or in the long form all of them."""
    found = files.photographs() if LONG else sorted(files.photographs(),
                                                   key=lambda path: path.stat().st_size)[:4]
    for path in found:
        yield path.name, path.read_bytes()


def largest():
    """(name, bytes): each format with as many pixels as are allowed."""
    side = int(LARGEST ** 0.5)
    row = numpy.arange(side, dtype=numpy.uint32)
    plane = ((row[None, :] * 7 + row[:, None] * 13) >> 6).astype(numpy.uint8)
    source = Image.merge("RGB", [Image.fromarray(plane)] * 3)
    for name, file_format, options in (
            ("baseline", "JPEG", {"quality": 80}), ("progressive", "JPEG", {"progressive": True}),
            ("", "PNG", {"compress_level": 1}), ("", "TIFF", {"compression": "tiff_lzw"}),
            ("", "GIF", {}), ("", "WEBP", {"quality": 60, "method": 0})):
        out = io.BytesIO()
        image = source.convert("L").quantize(64) if file_format == "GIF" else source
        image.save(out, file_format, **options)
        yield f"{file_format} {name} of {side}x{side}", out.getvalue()


def through(system, images):
    """Sends each image along each path from several clients; {what was not 200}."""
    jobs = list(itertools.product(images, PATHS))
    bad = collections.Counter()

    def ask(part):
        with Client(system) as client:
            for (name, body), path in part:
                reply = client.post(path, body)
                if reply.status != 200:
                    bad[f"{name} {path}: {reply.status} {reply.body[:200]}"] += 1
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask, [jobs[number::CLIENTS] for number in range(CLIENTS)]))
    return bad


def assert_sandboxed(scale, gateway):
    """Nobody died of a forbidden call, or of anything."""
    for server in (scale, gateway):
        assert "died" not in server.log(), [line for line in server.log().splitlines()
                                            if "died" in line][:5]


@pytest.mark.parametrize("jobs", [1, 0], ids=["cold", "warm"])
def test_generated(own, jobs):
    """Each kind of image, as the first job of a fresh worker and as one of many."""
    scale = own.scale(scale__max_jobs=jobs)
    gateway = own.gateway(scale, gray__max_jobs=jobs)
    images = list(generated())
    assert through(gateway, images[::1 if LONG or jobs == 0 else 7]) == {}
    assert_sandboxed(scale, gateway)


def test_photographs(own):
    """Photographs as users send them."""
    scale = own.scale()
    gateway = own.gateway(scale)
    assert through(gateway, list(photographs())) == {}
    assert_sandboxed(scale, gateway)


@pytest.mark.skipif(not LONG, reason="only in the long form")
def test_largest_allowed(own):
    """100 megapixels of every format, one at a time: inside the memory limit, a long deadline."""
    scale = own.scale(limits__deadline_ms=120000, limits__max_body_bytes=400 << 20,
                      limits__max_inflight_bytes=4 << 30,
                      limits__max_output_bytes=400 << 20, scale__max_memory_bytes=3 << 30)
    gateway = own.gateway(scale, limits__deadline_ms=120000, limits__max_body_bytes=400 << 20,
                          limits__max_inflight_bytes=4 << 30,
                          limits__max_output_bytes=400 << 20, gray__max_memory_bytes=3 << 30)
    with Client(gateway, timeout=150) as client:
        for name, body in largest():
            for path in ("/gray", "/scale?scale=0.25"):
                reply = client.post(path, body)
                assert reply.status == 200, f"{name} {path}: {reply.status} {reply.body[:200]}"
    assert_sandboxed(scale, gateway)


# Refused without harm: glibc asks how the kernel overcommits when it gives memory back.
HARMLESS = {"openat"}


@needs_root
def test_nothing_needed_is_refused(own):
    """What the filter refuses in silence is seen from outside: no call but the known harmless."""
    trace = open_folder() / "trace"
    strace = ["strace", "-D", "-f", "-qq", "-Z", "-o", str(trace)]
    server = wrapped(own, strace, {"scale.workers": 2, "scale.max_jobs": 20}, SCALE)
    server.start()
    with Client(server) as client:
        for name, body in generated():
            assert client.post("/scale?scale=0.4", body).status == 200, name
    server.stop()
    lines = [line for line in trace.read_text(errors="replace").splitlines() if "EPERM" in line]
    assert "ENOENT" in trace.read_text(errors="replace"), "nothing was traced"
    refused = {line.split()[1].partition("(")[0] for line in lines}
    assert refused <= HARMLESS, [line for line in lines][:20]
