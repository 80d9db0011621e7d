# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""TIFF by hand: Pillow writes no 16-bit colour, no second byte order and no BigTIFF."""
import struct
import zlib

import numpy as np

GRAY, RGB, CMYK, LAB = 1, 2, 5, 8 # PhotometricInterpretation
DEFLATE = 8
SHORT, LONG, UNDEFINED, LONG8 = 3, 4, 7, 16
PROFILE = 34675
LETTERS = {SHORT: "H", LONG: "I", LONG8: "Q"} # struct's


def packed(order, kind, values):
    if kind == UNDEFINED:
        return bytes(values)
    return struct.pack(f"{order}{len(values)}{LETTERS[kind]}", *values)


def directory(order, big, at, tags):
    """The directory that lies at `at`, and behind it what does not fit into its entries."""
    room = 8 if big else 4
    entry_bytes, counts = (20, "QQ") if big else (12, "HI")
    behind_at = at + (8 if big else 2) + entry_bytes * len(tags) + room
    entries, behind = b"", b""
    for tag, kind, values in sorted(tags):
        content = packed(order, kind, values)
        if len(content) > room:
            place = behind_at + len(behind)
            behind += content + bytes(len(content) % 2)
            content = struct.pack(order + ("Q" if big else "I"), place)
        entries += struct.pack(order + ("HHQ" if big else "HHI"), tag, kind, len(values))
        entries += content.ljust(room, b"\0")
    return struct.pack(order + counts[0], len(tags)) + entries + bytes(room) + behind


def write(image, photometric, profile=b"", order="<", big=False, compression=1, strips=1):
    """An array of uint8 or uint16, height x width x channels, as TIFF bytes."""
    height, width, channels = image.shape
    depth, rows = image.dtype.itemsize * 8, -(-height // strips)
    parts = [image[y:y + rows].astype(f"{order}u{depth // 8}").tobytes()
             for y in range(0, height, rows)]
    if compression == DEFLATE:
        parts = [zlib.compress(part) for part in parts]
    start, data, offsets = 16 if big else 8, b"", []
    for part in parts:
        offsets.append(start + len(data))
        data += part + bytes(len(part) % 2)
    plain = {GRAY: 1, RGB: 3, CMYK: 4, LAB: 3}[photometric]
    tags = [(256, LONG, [width]), (257, LONG, [height]), (258, SHORT, [depth] * channels),
            (259, SHORT, [compression]), (262, SHORT, [photometric]),
            (273, LONG8 if big else LONG, offsets), (277, SHORT, [channels]), (278, LONG, [rows]),
            (279, LONG8 if big else LONG, [len(part) for part in parts]), (284, SHORT, [1])]
    if channels > plain:
        tags.append((338, SHORT, [2] * (channels - plain))) # unassociated alpha
    if profile:
        tags.append((PROFILE, UNDEFINED, profile))
    at = start + len(data)
    head = b"II" if order == "<" else b"MM"
    head += struct.pack(order + ("HHHQ" if big else "HI"), *((43, 8, 0, at) if big else (42, at)))
    return head + data + directory(order, big, at, tags)


def jpeg_pages(streams, width, height):
    """Gray pages of one strip each, which is a whole JPEG."""
    data = b"II*\0" + struct.pack("<I", 8)
    for number, stream in enumerate(streams):
        tags = [(256, LONG, width), (257, LONG, height), (258, SHORT, 8), (259, SHORT, 7),
                (262, SHORT, GRAY), (273, LONG, 0), (277, SHORT, 1), (278, LONG, height),
                (279, LONG, len(stream))]
        at = len(data) + 2 + 12 * len(tags) + 4
        following = at + len(stream) + len(stream) % 2
        data += struct.pack("<H", len(tags)) + b"".join(
            struct.pack("<HHII", tag, kind, 1, at if tag == 273 else value)
            for tag, kind, value in tags)
        data += struct.pack("<I", following if number + 1 < len(streams) else 0)
        data += stream + bytes(len(stream) % 2)
    return data


def entries(data, page=0):
    """The directory of a page: tag -> its numbers. Classic TIFF; texts and fractions are left out."""
    order = "<" if data[:2] == b"II" else ">"
    at = struct.unpack_from(order + "I", data, 4)[0]
    for _ in range(page):
        count = struct.unpack_from(order + "H", data, at)[0]
        at = struct.unpack_from(order + "I", data, at + 2 + 12 * count)[0]
    found = {}
    for index in range(struct.unpack_from(order + "H", data, at)[0]):
        place = at + 2 + 12 * index
        tag, kind, count = struct.unpack_from(order + "HHI", data, place)
        if kind not in (SHORT, LONG):
            continue
        place += 8
        if count * struct.calcsize(LETTERS[kind]) > 4:
            place = struct.unpack_from(order + "I", data, place)[0]
        found[tag] = list(struct.unpack_from(f"{order}{count}{LETTERS[kind]}", data, place))
    return found


def read(data, page=0):
    """The samples of a page that is stored plainly, in strips, pixel by pixel, of 8 or 16 bits."""
    tags = entries(data, page)
    (width,), (height,), bits = tags[256], tags[257], tags[258]
    assert tags[259] == [1] and tags.get(284, [1]) == [1] and bits[0] in (8, 16), tags
    raw = b"".join(data[at:at + size] for at, size in zip(tags[273], tags[279]))
    order = "<" if data[:2] == b"II" else ">"
    return np.frombuffer(raw, f"{order}u{bits[0] // 8}").reshape(height, width, -1).astype(int)
