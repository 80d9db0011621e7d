# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Images that make a library leak do not fill up the workers: what one leaves behind is not the
next one's trouble."""
import pathlib
import re

import numpy
import pytest
from PIL import Image

from samples import files
from support import processes
from support.clients import curl
from support.programs import sanitizer

JOBS = 60
ROOM_MIB = 600 # of address space; without replacement it was 2 GiB after 32 jobs


def broken_animation():
    """Less than 200 bytes: a large animation whose last frame cannot be decoded. libvips 8.14.1 keeps
    the encoder and its three canvases then."""
    frames = [Image.fromarray(numpy.full((1500, 1500, 3), value, numpy.uint8))
              for value in (10, 200, 90)]
    data = bytearray(files.encode(frames[0], "WEBP", save_all=True, append_images=frames[1:],
                                  lossless=True))
    start = data.rfind(b"VP8L") + 13
    for place in range(start, min(start + 27, len(data))):
        data[place] ^= 0x5A
    return bytes(data)


def address_space_mib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmSize:\s+(\d+) kB$", text, re.MULTILINE) # none once it has died
    return int(found[1]) // 1024 if found else 0


@pytest.mark.skipif(sanitizer() != "none", reason="a sanitizer has a heap and an address space of its own")
def test_worker_that_leaks_is_replaced(own):
    """Every broken image is 422 and never 500, the worker stays small, the next image works."""
    server = own.scale(scale__workers=1)
    data = broken_animation()
    for _ in range(JOBS):
        assert curl(server.url("/scale?scale=0.9"), body=data).status == 422
        assert all(address_space_mib(pid) < ROOM_MIB for pid in server.workers())
    assert curl(server.url("/scale?scale=0.5"), body=files.jpeg(3000, 2000)).status == 200


@pytest.mark.skipif(sanitizer() != "none", reason="a sanitizer keeps freed memory for itself")
def test_worker_at_rest_gives_memory_back(own):
    """What a worker keeps from image to image it does not sit on while none comes."""
    server = own.scale(scale__workers=1)
    pid, = server.workers()
    before = processes.rss_kib(pid)
    data = files.jpeg(6000, 4000, progressive=True) # its coefficients are 40 MB
    peak = 0
    for _ in range(3):
        assert curl(server.url("/scale?scale=0.5"), body=data).status == 200
        peak = max(peak, processes.rss_kib(pid))
    assert peak > before + 30000
    processes.wait_until(lambda: processes.rss_kib(pid) < before + 30000, 10, "memory back")
    assert server.workers() == [pid]
