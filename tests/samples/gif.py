# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""GIFs by hand, with everything that an encoder would not write."""
import struct

LOOP = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
TRAILER = b";"
RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 250, 10)
COLOURS = (RED, GREEN, BLUE, YELLOW)


def sub_blocks(data):
    pieces = [data[at:at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def lzw(indices, size=2, end=True):
    """Every pixel a code of its own, and a clear code before codes would grow."""
    codes = []
    for at, index in enumerate(indices):
        if at % (2 ** size - 2) == 0:
            codes.append(2 ** size)
        codes.append(index)
    codes += [2 ** size + 1] if end else []
    bits = sum(code << at * (size + 1) for at, code in enumerate(codes))
    return bits.to_bytes((len(codes) * (size + 1) + 7) // 8, "little")


def table(colours):
    """2^n colours and the bits that announce them."""
    bits = max(1, (len(colours) - 1).bit_length())
    filled = list(colours) + [(0, 0, 0)] * (2 ** bits - len(colours))
    return 0x80 | bits - 1, bytes(sample for colour in filled for sample in colour)


def screen(width, height, colours=COLOURS, background=0):
    packed, samples = table(colours) if colours else (0, b"")
    return b"GIF89a" + struct.pack("<HHBBB", width, height, packed, background, 0) + samples


def control(delay=10, disposal=0, transparent=None):
    return b"!\xf9\x04" + struct.pack("<BHBB", disposal << 2 | (transparent is not None), delay,
                                      transparent or 0, 0)


def descriptor(left, top, width, height, colours=None, interlaced=False):
    packed, samples = table(colours) if colours else (0, b"")
    return b"," + struct.pack("<HHHHB", left, top, width, height, packed | 0x40 * interlaced) + samples


def frame(left, top, width, height, index, size=2, data=None, **options):
    """Of one index, or a function of x and y."""
    pixels = [index(x, y) if callable(index) else index for y in range(height) for x in range(width)]
    data = lzw(pixels, size) if data is None else data
    return descriptor(left, top, width, height, **options) + bytes([size]) + sub_blocks(data)
