# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Whole picture files, as bytes: formats, metadata, animations."""
import io
import pathlib
import struct

from PIL import Image, ImageCms

from pictures import pixels

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


def picture(width=64, height=48, mode="RGB", seed=0):
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
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def s15(value):
    return struct.pack(">i", round(value * 65536))


def matrix_profile(red, green, blue, gamma):
    """A version 2 RGB display profile: three XYZ (D50) primaries and one gamma."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = [(b"desc", b"desc" + bytes(4) + struct.pack(">I", 5) + b"wide\0" + bytes(4 + 4 + 2 + 1 + 67)),
            (b"cprt", b"text" + bytes(4) + b"none\0" + bytes(3)),
            (b"wtpt", b"XYZ " + bytes(4) + s15(0.9642) + s15(1.0) + s15(0.8249))]
    for name, values in ((b"rXYZ", red), (b"gXYZ", green), (b"bXYZ", blue)):
        tags.append((name, b"XYZ " + bytes(4) + b"".join(map(s15, values))))
    tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags:
        content += bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    head = struct.pack(">I4sI4s4s4s12x4s4s4x4x4x8x", start + len(body), b"none", 0x02100000,
                       b"mntr", b"RGB ", b"XYZ ", b"acsp", b"\0\0\0\0")
    head += s15(0.9642) + s15(1.0) + s15(0.8249) + b"none"
    return head + bytes(128 - len(head)) + table + body


def wide_profile():
    """Adobe RGB's primaries and gamma: the same numbers mean stronger colours than in sRGB."""
    return matrix_profile((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087),
                          (0.14919, 0.06322, 0.74457), 2.19921875)
