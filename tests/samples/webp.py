# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""WebP containers (RFC 9649) by hand: chunks of whole files, put together in other ways."""
import struct

ANIMATION, XMP, EXIF, ALPHA, PROFILE = 0x02, 0x04, 0x08, 0x10, 0x20


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def chunks(data):
    """(name, content) of each."""
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        yield name, data[at + 8:at + 8 + size]
        at += 8 + size + size % 2


def write(parts, size=None):
    """A file of these chunks, that says it has so many bytes behind its first eight."""
    body = b"WEBP" + b"".join(chunk(*part) for part in parts)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def resized(data, change):
    """The file that says it is longer by so many bytes than it is."""
    return data[:4] + struct.pack("<I", len(data) - 8 + change) + data[8:]


def canvas(width, height, flags):
    return (b"VP8X", bytes([flags, 0, 0, 0]) + struct.pack("<I", width - 1)[:3] +
            struct.pack("<I", height - 1)[:3])
