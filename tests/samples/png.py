# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""PNG by hand: Pillow reads and writes no 16-bit colour, and some tests need a lying header."""
import struct
import zlib

import numpy

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def header(width, height, depth=8, colour_type=2):
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type,
                                                  0, 0, 0))


def write(image, extra=b""):
    """An array of uint8 or uint16, height x width [x channels], as PNG bytes; `extra` are whole
    chunks that go before the pixels."""
    array = image if image.ndim == 3 else image[..., None]
    height, width, channels = array.shape
    depth = array.dtype.itemsize * 8
    rows = array.astype(f">u{depth // 8}").tobytes()
    stride = width * channels * depth // 8
    lines = b"".join(b"\0" + rows[y * stride:(y + 1) * stride] for y in range(height))
    return (header(width, height, depth, COLOUR_TYPE[channels]) + extra +
            chunk(b"IDAT", zlib.compress(lines, 6)) + chunk(b"IEND", b""))


PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
          (1, 0, 2, 1)) # Adam7: first row, first column, how far rows and columns are apart


def packed(rows, bits):
    """Rows of samples (height x width x channels) as unfiltered lines, samples of so many bits."""
    lines = b""
    for row in rows:
        values = row.reshape(-1)
        if bits < 8:
            shifts = numpy.arange(bits - 1, -1, -1)
            content = numpy.packbits(values[:, None] >> shifts & 1).tobytes()
        else:
            content = values.astype(f">u{bits // 8}").tobytes()
        lines += b"\0" + content
    return lines


def rows_of(samples, bits, interlaced):
    """What the IDATs hold, inflated."""
    if not interlaced:
        return packed(samples, bits)
    passes = (samples[y::vertical, x::horizontal] for y, x, vertical, horizontal in PASSES)
    return b"".join(packed(part, bits) for part in passes if part.size)


def write_any(samples, bits, colour_type, interlaced=False, extra=b"", stream=None):
    """A PNG of any kind from stored samples, height x width x channels; or with another stream."""
    head = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, colour_type, 0, 0, interlaced)
    if stream is None:
        stream = zlib.compress(rows_of(samples, bits, interlaced))
    return (SIGNATURE + chunk(b"IHDR", head) + extra + chunk(b"IDAT", stream) + chunk(b"IEND", b""))


def chunks(data):
    """(name, content) of every chunk; fails on a bad signature, length or checksum."""
    assert data.startswith(SIGNATURE)
    offset = len(SIGNATURE)
    while offset < len(data):
        length, name = struct.unpack_from(">I4s", data, offset)
        content = data[offset + 8:offset + 8 + length]
        assert chunk(name, content) == data[offset:offset + 12 + length], f"bad {name}"
        yield name, content
        offset += 12 + length


def unfilter(raw, height, stride, step):
    """Undoes the five filters of the PNG specification, section 9."""
    out = numpy.zeros((height + 1, stride + step), numpy.uint8) # a row and a pixel of zeros first
    lines = numpy.frombuffer(raw, numpy.uint8).reshape(height, stride + 1)
    for y in range(height):
        kind, line, above = lines[y, 0], lines[y, 1:], out[y]
        current = out[y + 1]
        if kind == 0:
            current[step:] = line
        elif kind == 2:
            current[step:] = line + above[step:]
        else:
            unfilter_by_left(kind, line, above, current, step)
    return out[1:, step:]


def unfilter_by_left(kind, line, above, current, step):
    """Sub, Average and Paeth: each byte needs the one before it."""
    for x in range(step, step + len(line)):
        left, up, corner = int(current[x - step]), int(above[x]), int(above[x - step])
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) // 2
        else:
            distance = [abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)]
            guess = (left, up, corner)[distance.index(min(distance))]
        current[x] = (int(line[x - step]) + guess) & 255


def read(data):
    """A non-interlaced PNG of 8 or 16 bit as an array, height x width x channels."""
    found = {}
    for name, content in chunks(data):
        found[name] = found.get(name, b"") + content
    width, height, depth, colour_type, _, _, interlaced = struct.unpack(">IIBBBBB", found[b"IHDR"])
    assert depth in (8, 16) and interlaced == 0
    step = CHANNELS[colour_type] * depth // 8
    raw = zlib.decompress(found[b"IDAT"])
    pixels = unfilter(raw, height, width * step, step)
    return numpy.ascontiguousarray(pixels).view(f">u{depth // 8}").astype(
        f"u{depth // 8}").reshape(height, width, CHANNELS[colour_type])
