# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Images that are not what they say, or cost far more than they weigh."""
import struct
import zlib

from samples import files, png


def huge_headers():
    """For each format a small file whose header promises 2^31 pixels or the most it can say."""
    return {
        "png": png.header(65536, 32768) + png.chunk(b"IDAT", zlib.compress(bytes(100)))
               + png.chunk(b"IEND", b""),
        "jpeg": jpeg_header(65500, 32787),
        "gif": gif_header(65535, 32769),
        "webp": webp_extended(1 << 24, 128),
        "tiff": tiff_header(65536, 32768),
    }


def jpeg_header(width, height, progressive=False):
    """A JPEG whose frame header names that size: a small one's, patched."""
    data = bytearray(files.jpeg(16, 16, progressive=progressive))
    marker = b"\xff\xc2" if progressive else b"\xff\xc0"
    place = data.index(marker) + 5
    data[place:place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def gif_header(width, height):
    data = bytearray(files.encode(files.image(16, 16, "P"), "GIF"))
    data[6:10] = struct.pack("<HH", width, height)
    place = data.index(b"\x2c\0\0\0\0") + 5 # the frame's own size
    data[place:place + 4] = struct.pack("<HH", width, height)
    return bytes(data)


def webp_extended(width, height):
    """A VP8X canvas of that size around a small still image."""
    still = files.encode(files.image(16, 16), "WEBP", lossless=True)[12:]
    canvas = struct.pack("<II", 0, 0)[:4] + struct.pack("<I", width - 1)[:3] + struct.pack(
        "<I", height - 1)[:3]
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + canvas + still
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff_header(width, height, strips=1):
    """A bilevel TIFF of that size with one strip that is far too short."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1),
               (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height),
               (279, 4, 1, 64)]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8 + 64) + bytes(64) + directory + bytes(4)


def scan_bomb(scans=883, width=4096, height=4096):
    """A progressive JPEG of many legal refinement-like scans: each one walks the whole image for
    next to no bytes (ITU T.81, G.1: a scan of nothing but end-of-band runs)."""
    quantization = b"\xff\xdb" + struct.pack(">HB", 67, 0) + bytes([1] * 64)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    # One DC code and one AC code, both of one bit: DC category 0; AC EOB14 (a run of 2^14 blocks).
    dc_table = b"\xff\xc4" + struct.pack(">H", 20) + b"\0" + bytes([1] + [0] * 15) + b"\0"
    ac_table = b"\xff\xc4" + struct.pack(">H", 20) + b"\x10" + bytes([1] + [0] * 15) + b"\xe0"
    blocks = (width // 8) * (height // 8)
    dc_scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\0\0\0" + bytes(-(-blocks // 8))
    runs = -(-blocks // (1 << 14))
    bits = "0" + "0" * 14 # the code of EOB14, then 14 bits: a run of exactly 2^14
    stream = (bits * runs)
    stream += "1" * (-len(stream) % 8)
    data = bytes(int(stream[i:i + 8], 2) for i in range(0, len(stream), 8))
    ac_scan = b"\xff\xda" + struct.pack(">HB", 8, 1) + b"\1\0\1\x3f\0" + data
    return (b"\xff\xd8" + quantization + frame + dc_table + ac_table + dc_scan
            + ac_scan * scans + b"\xff\xd9")


def run_past_the_band():
    """A progressive JPEG that refines one coefficient of each block by runs of sixteen zeros (codes of
    one bit, all zero): a decoder that waits for the sixteenth reads on for ever."""
    def table(kind, value):
        return b"\xff\xc4" + struct.pack(">H", 20) + bytes([kind, 1] + [0] * 15 + [value])

    def scan(first, last, bits):
        return b"\xff\xda" + struct.pack(">HB", 8, 1) + bytes([1, 0, first, last, bits]) + b"\0"

    quantization = b"\xff\xdb" + struct.pack(">HB", 67, 0) + bytes([1] * 64)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, 16, 16, 1) + b"\1\x11\0"
    return (b"\xff\xd8" + quantization + frame + table(0, 0) + scan(0, 0, 0) + table(0x10, 0)
            + scan(1, 1, 1) + table(0x10, 0xF0) + scan(1, 1, 0x10) + b"\xff\xd9")


def gif_of_frames(frames=10000):
    """A GIF of that many frames of one pixel each."""
    head = b"GIF89a" + struct.pack("<HHBBB", 64, 64, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    control = b"\x21\xf9\x04\0\1\0\0\0"
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"
    return head + (control + frame) * frames + b"\x3b"
