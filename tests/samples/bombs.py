# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Images made to hurt: small and valid, so that no check of the format stops them, and costly for
whoever decodes them. Each function returns the bytes of one."""
import struct
import zlib

import numpy
from PIL import Image

from samples import files, malformed, png

PROGRESSIVE_HEADER_BYTES = 713


BLOCK_BYTES = 1 << 20
ADLER = 65521


def zlib_run(value, count, before=b""):
    """zlib data (RFC 1950) of `before` and then `count` times one byte: a block that stands alone is
    packed once and repeated, and the checksum of the run is a formula."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes([value]) * BLOCK_BYTES) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.compress(bytes([value]) * (count % BLOCK_BYTES)) + packer.flush()
    checksum = zlib.adler32(before)
    low, high = checksum & 0xFFFF, checksum >> 16
    high = (high + count * low + value * count * (count + 1) // 2) % ADLER
    low = (low + count * value) % ADLER
    return (b"\x78\xda" + start + block * (count // BLOCK_BYTES) + end
            + struct.pack(">I", high << 16 | low))


def flat_png(width, height, depth, colour_type, channels):
    """A black PNG: it packs a thousand to one."""
    row_bytes = 1 + -(-width * depth * channels // 8)
    return (png.header(width, height, depth, colour_type)
            + png.chunk(b"IDAT", zlib_run(0, row_bytes * height)) + png.chunk(b"IEND", b""))


def png_one_bit(side=50000):
    return flat_png(side, side, 1, 0, 1)


def png_gray(side=50000):
    return flat_png(side, side, 8, 0, 1)


def png_wide(side=20000):
    """16-bit RGBA: eight bytes a pixel."""
    return flat_png(side, side, 16, 6, 4)


def png_text(megabytes=512):
    """A small image with a compressed comment of that size."""
    comment = b"Comment\0\0" + zlib_run(ord("a"), megabytes << 20)
    return png.write(numpy.zeros((8, 8, 3), numpy.uint8), png.chunk(b"zTXt", comment))


def png_profile(megabytes=512):
    """The same with a colour profile, whose header says that it is that large."""
    profile = files.srgb_profile()
    size = megabytes << 20
    profile = struct.pack(">I", size) + profile[4:]
    content = b"icc\0\0" + zlib_run(0, size - len(profile), profile)
    return png.write(numpy.zeros((8, 8, 3), numpy.uint8), png.chunk(b"iCCP", content))


def jpeg_scans(side, scans=883):
    return malformed.scan_bomb(scans, side, side)


def jpeg_progressive_header(side=30000):
    """The header of a progressive image, 713 bytes, and nothing behind it."""
    data = malformed.jpeg_header(side, side, progressive=True)
    return (data + b"\0" * PROGRESSIVE_HEADER_BYTES)[:PROGRESSIVE_HEADER_BYTES]


def gif_frames(frames=10000):
    return malformed.gif_of_frames(frames)


def gif_large_frames(frames=3000, side=500):
    """Frames of one pixel on a large canvas: each is a whole canvas to whoever keeps them."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    control = b"\x21\xf9\x04\0\1\0\0\0"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"
    return head + (control + frame) * frames + b"\x3b"


def heavy_image():
    """One that takes a worker a while: noise, in which the encoder finds nothing."""
    noise = numpy.random.default_rng(7).integers(0, 256, (300, 300, 3), numpy.uint8)
    return files.encode(Image.fromarray(noise), "WEBP", lossless=True, method=0)


def lossless_webp(width, height):
    """A sound WebP of one colour in 38 bytes or so, whatever its size."""
    image = Image.new("RGB", (width, height), (90, 20, 200))
    return files.encode(image, "WEBP", lossless=True, method=0)


def widened(body, width, height):
    """The same bytes with another size in their VP8L header: still sound, for one colour has none."""
    bits = struct.unpack_from("<I", body, 21)[0] >> 28
    return body[:21] + struct.pack("<I", bits << 28 | (height - 1) << 14 | (width - 1)) + body[25:]


def webp_animation(frames=4, side=16383):
    """An animation on the largest canvas of one frame's size, of frames that are next to nothing."""
    still = files.encode(Image.new("RGB", (2, 2)), "WEBP", lossless=True)[12:]
    body = b"WEBP" + riff(b"VP8X", struct.pack("<I", 2) + dimension(side) + dimension(side))
    body += riff(b"ANIM", bytes(4) + struct.pack("<H", 0))
    frame = dimension(1) + dimension(1) + dimension(2) + dimension(2) + dimension(101) + b"\0"
    body += riff(b"ANMF", frame + still) * frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff(name, content):
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) & 1)


def dimension(value):
    """24 bits, less one."""
    return struct.pack("<I", value - 1)[:3]


def tiff(entries, tail=b"", following=0, data=b""):
    """A little-endian TIFF: header, data, one directory, bytes behind it."""
    directory = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", *entry) for entry in sorted(entries))
    return (b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory
            + struct.pack("<I", following) + tail)


def gray_entries(width, height, strips=1, offset=8, count_offset=8, rows=None):
    """The tags of an uncompressed gray image."""
    return [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1),
            (262, 3, 1, 1), (273, 4, strips, offset), (277, 3, 1, 1),
            (278, 4, 1, rows or height), (279, 4, strips, count_offset)]


def tiff_loop():
    """A directory that names itself as the next one."""
    pixels = bytes(64 * 64)
    entries = gray_entries(64, 64, offset=8, count_offset=len(pixels))
    return tiff(entries, following=8 + len(pixels), data=pixels)


def tiff_million_strips(strips=1_000_000):
    """A strip for each row, a million rows."""
    offsets = struct.pack("<I", 8) * strips
    counts = struct.pack("<I", 1) * strips
    data = b"\x80" * 8 + offsets + counts
    return tiff(gray_entries(1, strips, strips, 16, 16 + len(offsets), 1), data=data)


def tiff_huge_tag(megabytes=24):
    """A description of that size, and a tag that says it has 2^32 - 1 values."""
    pixels, text = bytes(64 * 64), b"d" * (megabytes << 20)
    entries = gray_entries(64, 64, offset=8, count_offset=len(pixels))
    entries += [(270, 2, len(text), 8 + len(pixels)), (50000, 12, 0xFFFFFFFF, 8)]
    return tiff(entries, data=pixels + text)


def tiff_deep(depth=2000):
    """Sub-directories within each other, thousands deep (tag SubIFDs)."""
    pixels = bytes(64 * 64)
    entries = gray_entries(64, 64, offset=8, count_offset=len(pixels))
    size = 2 + 12 * (len(entries) + 1) + 4
    start = 8 + len(pixels)
    directories = b""
    for level in range(depth):
        below = start + size * ((level + 1) % depth)
        rows = sorted(entries + [(330, 13, 1, below)])
        directories += struct.pack("<H", len(rows)) + b"".join(
            struct.pack("<HHII", *row) for row in rows) + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", start) + pixels + directories


def tiff_pages(pages=9000):
    """Thousands of pages that share their pixels."""
    pixels = bytes(64 * 64)
    entries = gray_entries(64, 64, offset=8, count_offset=len(pixels))
    size = 2 + 12 * len(entries) + 4
    start = 8 + len(pixels)
    body = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", *entry) for entry in entries)
    directories = b"".join(body + struct.pack("<I", start + size * (page + 1))
                           for page in range(pages - 1))
    return (b"II*\0" + struct.pack("<I", start) + pixels + directories + body
            + struct.pack("<I", 0))


# What each may end in. A 200 is honest where the limits allow the image.
ALL = {
    "JPEG, 883 scans, 4096": (lambda: jpeg_scans(4096), {422}),
    "JPEG, 883 scans, 16384": (lambda: jpeg_scans(16384), {422}),
    "JPEG, 90 scans, 9984": (lambda: jpeg_scans(9984, 90), {200, 422, 504}),
    "JPEG, progressive header, 30000": (jpeg_progressive_header, {422}),
    "JPEG, progressive header, 9999": (lambda: jpeg_progressive_header(9999), {422}),
    "PNG, 50000, one bit": (png_one_bit, {422}),
    "PNG, 50000, gray": (png_gray, {422}),
    "PNG, 20000, 16-bit RGBA": (png_wide, {422}),
    "PNG, 9999, 16-bit RGBA": (lambda: png_wide(9999), {200, 422, 504}),
    "PNG, 10000, one bit": (lambda: png_one_bit(10000), {200, 422, 504}),
    "PNG, zTXt of 512 MiB": (png_text, {200, 422}),
    "PNG, iCCP of 512 MiB": (png_profile, {200, 422}),
    "GIF, 10,000 frames": (gif_frames, {200, 422, 504}),
    "GIF, 390 frames of 500x500": (lambda: gif_large_frames(390), {200, 422, 504}),
    "GIF, 3,000 frames of 500x500": (gif_large_frames, {422}),
    "WebP, 4 frames of 16383x16383": (webp_animation, {422}),
    "WebP, 6 frames of 4000x4000": (lambda: webp_animation(6, 4000), {200, 422, 504}),
    "TIFF, a loop": (tiff_loop, {200, 422}),
    "TIFF, a million strips": (tiff_million_strips, {200, 422, 504}),
    "TIFF, huge tags": (tiff_huge_tag, {200, 422}),
    "TIFF, 2,000 deep": (tiff_deep, {200, 422}),
    "TIFF, 9,000 pages": (tiff_pages, {200, 422, 504}),
}
