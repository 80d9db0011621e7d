# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Whole image files, as bytes: formats, metadata, animations."""
import ctypes
import io
import itertools
import os
import pathlib
import struct

import numpy as np
from PIL import Image, ImageCms

from samples import pixels

TJPF_RGB, TJFLAG_PROGRESSIVE = 0, 16384 # turbojpeg.h
BACKGROUNDS = pathlib.Path("/usr/share/backgrounds")


def photographs():
    """The photographs of Debian's lomiri-wallpapers-16.04 and -20.04."""
    found = sorted(BACKGROUNDS.glob("*_by_*.jpg"))
    assert len(found) >= 14, "packages lomiri-wallpapers-16.04 and -20.04"
    return found


def encode(image, file_format, **options):
    out = io.BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


def decode(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def image(width=64, height=48, mode="RGB", seed=0):
    """A Pillow image of that mode, with every colour in it."""
    image = Image.fromarray(pixels.rgb(width, height, seed))
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.fromarray(pixels.alpha(width, height)))
    if mode == "P":
        return image.quantize(200)
    if mode == "PA": # a palette with one transparent entry
        image = image.quantize(200)
        image.info["transparency"] = 7
        return image
    return image.convert(mode)


def jpeg(width=64, height=48, seed=0, quality=90, **options):
    return encode(Image.fromarray(pixels.smooth_rgb(width, height, seed)), "JPEG", quality=quality,
                  **options)


def turbo_jpeg(width=64, height=48, progressive=False, sampling=2, seed=0, **environment):
    """A JPEG of kinds that Pillow cannot write, and TurboJPEG only where its environment says so.
    `sampling`: TJSAMP_444, 422, 420, GRAY, 440, 411."""
    turbojpeg = ctypes.CDLL("libturbojpeg.so.0")
    turbojpeg.tjInitCompress.restype = ctypes.c_void_p
    rows = np.ascontiguousarray(pixels.smooth_rgb(width, height, seed))
    handle = ctypes.c_void_p(turbojpeg.tjInitCompress())
    out, size = ctypes.c_void_p(), ctypes.c_ulong()
    os.environ.update(environment)
    try:
        failed = turbojpeg.tjCompress2(handle, rows.ctypes.data_as(ctypes.c_void_p), width, 0,
                                       height, TJPF_RGB, ctypes.byref(out), ctypes.byref(size),
                                       sampling, 80, TJFLAG_PROGRESSIVE if progressive else 0)
    finally:
        for name in environment:
            del os.environ[name]
    data = ctypes.string_at(out, size.value)
    turbojpeg.tjFree(out)
    turbojpeg.tjDestroy(handle)
    assert not failed
    return data


def restarting_jpeg(width=64, height=48, every=2, progressive=False, sampling=2):
    """With a restart marker after that many MCUs."""
    data = turbo_jpeg(width, height, progressive, sampling, TJ_RESTART=f"{every}b")
    assert b"\xff\xdd" in data and b"\xff\xd0" in data
    return data


def arithmetic_jpeg(width=64, height=48, progressive=False, sampling=2, **environment):
    data = turbo_jpeg(width, height, progressive, sampling, TJ_ARITHMETIC="1", **environment)
    assert (b"\xff\xca" if progressive else b"\xff\xc9") in data
    return data


def cmyk_jpeg(width=64, height=48):
    return encode(Image.fromarray(pixels.smooth_rgb(width, height)).convert("CMYK"), "JPEG",
                  quality=95)


def animation(file_format, width=40, height=30, frames=5, durations=None, loop=3, **options):
    """Frames that differ all over, each with a delay of its own."""
    images = [Image.fromarray(pixels.rgb(width, height, seed)) for seed in range(frames)]
    durations = durations or [50 + 30 * index for index in range(frames)]
    return encode(images[0], file_format, save_all=True, append_images=images[1:],
                  duration=durations, loop=loop, **options)


def exif(orientation=None, gps=False):
    """EXIF bytes as Pillow's save() takes them."""
    block = Image.Exif()
    block[0x010E] = "a secret description" # ImageDescription
    block[0x0110] = "SecretCam" # Model
    if orientation:
        block[0x0112] = orientation
    if gps:
        block[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
    return block.tobytes()


XMP = b"""<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>
secret xmp</x:xmpmeta><?xpacket end='w'?>"""


def with_jpeg_segments(data, *segments):
    """The JPEG with segments (marker, content) put right behind its start."""
    inserted = b"".join(struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content
                        for marker, content in segments)
    return data[:2] + inserted + data[2:]


def srgb_profile():
    """Little CMS's, with parametric curves."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def s15(value):
    return struct.pack(">i", round(value * 65536))


def profile(space, connection, tags, kind=b"mntr"):
    """An ICC profile of version 2: of a display (mntr), a printer (prtr), a scanner (scnr)."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags:
        content += bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s12x4s4s4x4x4x8x4x", start + len(body), b"none", 0x02100000,
                       kind, space, connection, b"acsp", b"\0\0\0\0")
    head += s15(0.9642) + s15(1.0) + s15(0.8249) + b"none"
    return head + bytes(128 - len(head)) + table + body


def common_tags():
    return [(b"desc", b"desc" + bytes(4) + struct.pack(">I", 5) + b"wide\0" + bytes(78)),
            (b"cprt", b"text" + bytes(4) + b"none\0" + bytes(3)),
            (b"wtpt", b"XYZ " + bytes(4) + s15(0.9642) + s15(1.0) + s15(0.8249))]


def curve(samples):
    """16 bits each; one alone is a gamma, in 256ths."""
    return b"curv" + bytes(4) + struct.pack(f">I{len(samples)}H", len(samples), *samples)


def matrix_profile(red, green, blue, *samples):
    """An RGB display's: three XYZ (D50) primaries and one curve."""
    tags = common_tags()
    for name, values in ((b"rXYZ", red), (b"gXYZ", green), (b"bXYZ", blue)):
        tags.append((name, b"XYZ " + bytes(4) + b"".join(map(s15, values))))
    tags += [(name, curve(samples)) for name in (b"rTRC", b"gTRC", b"bTRC")]
    return profile(b"RGB ", b"XYZ ", tags)


def gray_profile():
    return profile(b"GRAY", b"XYZ ", common_tags() + [(b"kTRC", curve([563]))])


def gray_table(samples):
    """lut8Type: from so many samples, 0 to 255, in two steps each, to a Lab that has no colour."""
    straight, corners = bytes(range(256)), itertools.product((0, 1), repeat=samples)
    if samples == 4: # inks
        lightness = [round(255 * (1 - sum(part) / 3) * (1 - black)) for *part, black in corners]
    else:
        lightness = [round(255 * (0.2 * red + 0.3 * green + 0.5 * blue)) for red, green, blue in corners]
    table = b"mft1" + bytes(4) + bytes([samples, 3, 2, 0])
    table += b"".join(s15(i % 4 == 0) for i in range(9)) + straight * samples
    return table + b"".join(bytes([value, 128, 128]) for value in lightness) + straight * 3


def cmyk_profile():
    """Of a printer whose four inks are all gray."""
    tables = [(name, gray_table(4)) for name in (b"A2B0", b"A2B1", b"A2B2")]
    return profile(b"CMYK", b"Lab ", common_tags() + tables, b"prtr")


def scanner_profile():
    """Of a device that sees no colour; like that of many a scanner it has one table, for whatever
    intent."""
    return profile(b"RGB ", b"Lab ", common_tags() + [(b"A2B0", gray_table(3))], b"scnr")


def wide_profile():
    """Adobe RGB's primaries and gamma: the same numbers mean stronger colours than in sRGB."""
    return matrix_profile((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087),
                          (0.14919, 0.06322, 0.74457), 563)


def sampled_srgb_profile(samples=33):
    """sRGB as most cameras and editors embed it: with curves of samples."""
    steps = np.linspace(0, 1, samples)
    curve = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    return matrix_profile((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708),
                          (0.14307, 0.06061, 0.71410), *np.rint(curve * 65535).astype(int))
