# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Which JPEGs are taken: every one of which browsers show every pixel, and none that lost any. What is asked
of it makes no difference."""
import random
import struct

import numpy as np
import pytest

from samples import files, jpeg, malformed, png, tiff

UNSUPPORTED, CORRUPT, TOO_LARGE = 8, 9, 10 # enum status
KINDS = jpeg.kinds()
HUFFMAN = [name for name in KINDS if "arithmetic" not in name]
SEQUENTIAL = [name for name in KINDS if "progressive" not in name]
REQUESTS = [("gray", 1, 0), ("gray", 1, 70), ("scale", 1, 0), ("scale", 0.5, 0), ("scale", 0.125, 0)]


def ask_all(image_cli, data, requests=None):
    """The answer to each request."""
    return [image_cli(operation, data, factor, quality=quality)
            for operation, factor, quality in requests or REQUESTS]


def statuses(image_cli, data):
    return [result.status for result in ask_all(image_cli, data)]


def odd_selection(data):
    """SOS with numbers that mean nothing in a sequential file."""
    return jpeg.replaced(data, jpeg.SOS, lambda content: content[:-3] + b"\x00\x00\x21")


def odd_revision(data):
    """JFIF 5.3, added where there is none, unless that would say that colours are Y, Cb, Cr."""
    old = [segment for segment in jpeg.split(data) if segment.marker == jpeg.APP0]
    frame = next(segment for segment in jpeg.split(data) if segment.marker in jpeg.SOF)
    if frame.content[6] == ord("R"):
        return data
    head = old[0].content if old else b"JFIF\0\1\1\0\0\1\0\1\0\0"
    rest = [segment for segment in jpeg.split(data) if segment.marker != jpeg.APP0]
    return jpeg.join([jpeg.Segment(jpeg.APP0, head[:5] + b"\5\3" + head[7:])] + rest)


def between_segments(stray):
    """Bytes that belong to none, before each segment up to the first scan's, but the first of all."""
    def change(data):
        first, *rest = jpeg.split(data)
        scan = [segment.marker for segment in rest].index(jpeg.SOS)
        return b"\xff\xd8" + bytes(first) + b"".join(
            (stray if number <= scan else b"") + bytes(segment)
            for number, segment in enumerate(rest)) + b"\xff\xd9"
    return change


def raw_segment(head):
    """A segment behind the first one."""
    def change(data):
        first, *rest = map(bytes, jpeg.split(data))
        return b"\xff\xd8" + first + head + b"".join(rest) + b"\xff\xd9"
    return change


def behind_the_end(data):
    return data + b"\xff\xd8\xff\xe1" + bytes(range(256)) * 300


def no_tables(data):
    return jpeg.without(data, jpeg.DHT)


def no_end(data):
    return data[:-2]


def half_an_end(data):
    return data[:-1]


def filled(filling):
    return lambda data: data[:-2] + filling + b"\xff\xd9"


def filled_without_end(data):
    return data[:-2] + b"\x55" * 9000


def same_names(data):
    """All components have the name 7."""
    def frame(content):
        names = bytearray(content)
        names[6::3] = b"\7" * len(names[6::3])
        return bytes(names)

    def scan(content):
        names = bytearray(content)
        for n in range(names[0]):
            names[1 + 2 * n] = 7
        return bytes(names)
    return jpeg.replaced(jpeg.replaced(data, 0xC0, frame), jpeg.SOS, scan)


EVERY = list(KINDS)
HARMLESS = {
    "numbers in SOS": (odd_selection, SEQUENTIAL),
    "JFIF revision": (odd_revision, EVERY),
    "stray bytes": (between_segments(b"\0\x12\x34"), EVERY),
    "filling before markers": (between_segments(b"\xff\xff\xff"), EVERY),
    "COM of length 0": (raw_segment(b"\xff\xfe\0\0"), EVERY),
    "APP5 of length 1": (raw_segment(b"\xff\xe5\0\1"), EVERY),
    "TEM and RST": (raw_segment(b"\xff\x01\xff\xd3"), EVERY),
    "a table nobody uses": (raw_segment(b"\xff\xdb\0\x43\3" + bytes([9] * 64)), EVERY),
    "bytes behind the end": (behind_the_end, EVERY),
    "no Huffman tables": (no_tables, ["baseline", "baseline 444", "gray", "CMYK", "YCCK", "P3",
                                      "restarts", "RGB", "luma sampled less"]),
    "no end": (no_end, HUFFMAN),
    "half an end": (half_an_end, HUFFMAN),
    "zeros behind the pixels": (filled(bytes(5000)), HUFFMAN),
    "anything behind the pixels": (filled(bytes(range(255)) * 200), HUFFMAN),
    "restarts behind the pixels": (filled(b"\xff\xd0\xff\xd1\x12\x34"), HUFFMAN),
    "filling and no end": (filled_without_end, HUFFMAN),
    "segments behind the pixels": (filled(b"\xff\xc4\0\x09wrong!!\xff\xe1\xff\xff"), HUFFMAN),
    "one name": (same_names, ["baseline", "CMYK", "P3", "restarts"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_harmless(image_cli, kind):
    """Nothing of it shows: the result is the same to the byte."""
    requests = [("gray", 1, 0), ("scale", 0.5, 70)]
    plain = ask_all(image_cli, KINDS[kind], requests)
    assert [result.status for result in plain] == [0, 0]
    for name, (change, kinds) in HARMLESS.items():
        if kind not in kinds:
            continue
        changed = change(KINDS[kind])
        for result, expected in zip(ask_all(image_cli, changed, requests), plain):
            assert result.status == 0, f"{name}: {result.message}"
            assert result.data == expected.data, name


@pytest.mark.parametrize("kind, transform, like", [
    ("baseline", 2, 1), ("baseline", 7, 1), ("progressive", 2, 1), ("CMYK", 1, 2), ("CMYK", 9, 2)])
def test_unknown_transforms_of_adobe(image_cli, kind, transform, like):
    """Of three components it is Y, Cb, Cr, of four Y, Cb, Cr, K, as libjpeg and browsers have it."""
    def said_to_be(number):
        rest = [segment for segment in jpeg.split(KINDS[kind])
                if segment.marker not in (jpeg.APP0, jpeg.APP14)]
        adobe = jpeg.Segment(jpeg.APP14, b"Adobe\0\x64\0\0\0\0" + bytes([number]))
        return jpeg.join([adobe] + rest)
    for result, expected in zip(ask_all(image_cli, said_to_be(transform)),
                                ask_all(image_cli, said_to_be(like))):
        assert result.status == 0 and result.data == expected.data


def test_adobe_without_a_transform_is_rgb(image_cli):
    source = jpeg.sample(64, 48)
    data = jpeg.cjpeg(source, "-rgb", "-quality", "95")
    names = jpeg.replaced(data, 0xC0, lambda content: content[:6] + bytes(
        value if index % 3 else 1 + index // 3 for index, value in enumerate(content[6:])))
    names = jpeg.replaced(names, jpeg.SOS, lambda content: content[:1] + bytes(
        value if index % 2 else 1 + index // 2 for index, value in enumerate(content[1:7]))
        + content[7:])
    adobe = jpeg.Segment(jpeg.APP14, b"Adobe\0\x64\0\0\0\0\0")
    data = jpeg.join([adobe] + jpeg.split(names))
    difference = np.asarray(image_cli("scale", data, 1).image.convert("RGB")).astype(int) - source
    assert np.abs(difference).mean() < 12


# --- damage ---------------------------------------------------------------------------------------


def shorter(data, generator):
    return data[:generator.randrange(2, len(data) - 2)]


def shorter_with_end(data, generator):
    return shorter(data, generator) + b"\xff\xd9"


def flipped(data, generator):
    changed = bytearray(data)
    for _ in range(generator.choice([1, 1, 2, 5])):
        changed[generator.randrange(2, len(changed))] ^= 1 << generator.randrange(8)
    return bytes(changed)


def zeroed(data, generator):
    at = generator.randrange(2, len(data))
    length = min(generator.randrange(1, 60), len(data) - at)
    return data[:at] + bytes(length) + data[at + length:]


@pytest.mark.parametrize("damage", [shorter, shorter_with_end, flipped, zeroed],
                         ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_every_request_finds_the_same_damage(image_cli, kind, damage):
    hurt_data = damage(KINDS[kind], random.Random(f"{kind} {damage.__name__}"))
    found = statuses(image_cli, hurt_data)
    assert len(set(found)) == 1, found
    if damage is shorter:
        assert found[0] == CORRUPT


@pytest.mark.parametrize("kind", ["progressive", "progressive restarts", "P3 progressive",
                                  "CMYK progressive", "scans apart", "RGB progressive"])
@pytest.mark.parametrize("part", [0.5, 0.97])
def test_damage_in_any_scan_is_found(image_cli, kind, part):
    """Whether of chroma, of high frequencies or of last bits, which few requests need."""
    whole = [segment.marker for segment in jpeg.split(KINDS[kind])].count(jpeg.SOS)
    for number in range(whole):
        segments = jpeg.split(KINDS[kind])
        scan = [segment for segment in segments if segment.marker == jpeg.SOS][number]
        scan.scan = scan.scan[:int(part * (len(scan.scan) - 2))]
        assert set(statuses(image_cli, jpeg.join(segments))) == {CORRUPT}, number


@pytest.mark.parametrize("kind", ["progressive", "CMYK progressive", "scans apart"])
def test_without_its_end_no_scan_may_be_missing(image_cli, kind):
    segments = jpeg.split(KINDS[kind])
    while segments[-1].marker != jpeg.SOS:
        segments.pop()
    assert set(statuses(image_cli, jpeg.join(segments[:-1], end=b""))) == {CORRUPT}


@pytest.mark.parametrize("kind", ["scans apart", "progressive"])
def test_a_component_without_any_scan_is_lost(image_cli, kind):
    """Gray reports it too, though it needs no chroma."""
    segments = [segment for segment in jpeg.split(KINDS[kind])
                if segment.marker != jpeg.SOS or segment.content[1] != 3]
    if kind == "progressive": # its first scan holds the DC of all three: the third's is taken out
        segments = jpeg.split(jpeg.scans_apart(
            KINDS["baseline"], b"0: 0 0 0 0;\n1: 0 0 0 0;\n2: 0 0 0 0;\n0: 1 63 0 0;\n"))
        segments = [segment for segment in segments
                    if segment.marker != jpeg.SOS or segment.content[1] != 3]
    assert set(statuses(image_cli, jpeg.join(segments))) == {CORRUPT}


# --- limits ---------------------------------------------------------------------------------------


def many_scans(kind, *options):
    """Each with one coefficient of one component."""
    components = 4 if kind in ("CMYK", "YCCK") else 1 if kind == "gray" else 3
    script = "".join(f"{n}: {k} {k} 0 0;\n" for k in range(20) for n in range(components))
    return jpeg.scans_apart(KINDS[kind], script.encode(), *options), 20 * components


@pytest.mark.parametrize("kind", ["baseline", "gray", "P3", "CMYK", "YCCK", "RGB",
                                  "luma sampled less"])
@pytest.mark.parametrize("coding", [[], ["-arithmetic"]], ids=["Huffman", "arithmetic"])
def test_scans_are_counted_whatever_the_kind(image_cli, kind, coding):
    data, scans = many_scans(kind, *coding)
    for operation, factor, quality in REQUESTS[::2]:
        taken = image_cli(operation, data, factor, quality=quality, MAX_SCANS=scans)
        refused = image_cli(operation, data, factor, quality=quality, MAX_SCANS=scans - 1)
        assert taken.status == 0, taken.message
        assert refused.status == TOO_LARGE, refused.message


@pytest.mark.parametrize("pages", [1, 2])
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_scans_are_counted_inside_a_tiff(image_cli, pages, operation):
    """Each strip is a JPEG of its own; libtiff's limit of a hundred gives way to ours."""
    bomb = malformed.scan_bomb(8, 64, 64)
    many = jpeg.split(bomb)
    many += many[-1:] * 142
    streams = [jpeg.join(many), jpeg.join(many[:-140])][:pages]
    data = tiff.jpeg_pages(streams[::-1], 64, 64)
    taken = image_cli(operation, data, MAX_SCANS=151)
    assert taken.status == 0 and taken.image.n_frames == pages
    refused = image_cli(operation, data, MAX_SCANS=150)
    assert refused.status == TOO_LARGE and "scans" in refused.message


def test_scans_behind_a_complete_image_are_counted(image_cli):
    segments = jpeg.split(KINDS["CMYK"])
    data = jpeg.join(segments + [segments[-1]] * 30)
    for operation in ("gray", "scale"):
        assert image_cli(operation, data, MAX_SCANS=31).status == 0
        assert image_cli(operation, data, MAX_SCANS=30).status == TOO_LARGE


# --- kinds that are not supported -----------------------------------------------------------------


def with_frame(marker, change=lambda content: content):
    def make():
        return jpeg.join([jpeg.Segment(marker, change(segment.content), segment.scan)
                           if segment.marker == 0xC0 else segment
                           for segment in jpeg.split(KINDS["baseline"])])
    return make


def two_components():
    return jpeg.join([segment if segment.marker != 0xC0 else
                       jpeg.Segment(0xC0, segment.content[:5] + b"\2" + segment.content[6:12])
                       for segment in jpeg.split(KINDS["baseline"])])


UNSUPPORTED_KINDS = {
    "12 bits": [with_frame(0xC1, lambda content: b"\x0c" + content[1:]),
                with_frame(0xC0, lambda content: b"\x0c" + content[1:]),
                with_frame(0xC2, lambda content: b"\x0c" + content[1:])],
    "lossless JPEG": [with_frame(0xC3), with_frame(0xCB),
                      with_frame(0xC3, lambda content: b"\x10" + content[1:])],
    "JPEG-LS": [with_frame(0xF7)],
    "hierarchical": [with_frame(marker) for marker in (0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF, 0xDE)],
    "2 components": [two_components],
    "height": [with_frame(0xC0, lambda content: content[:1] + b"\0\0" + content[3:])],
}


@pytest.mark.parametrize("words", UNSUPPORTED_KINDS)
def test_sound_but_unsupported(image_cli, words):
    for make in UNSUPPORTED_KINDS[words]:
        for operation in ("gray", "scale"):
            result = image_cli(operation, make())
            assert result.status == UNSUPPORTED and words in result.message


def test_sampling_of_two_against_three(image_cli):
    """The luma of it can be copied; no decoder makes colours of it."""
    data = jpeg.scans_apart(jpeg.cjpeg(jpeg.sample(8, 8), "-sample", "1x1"), b"0;\n1;\n2;\n")
    data = jpeg.replaced(data, 0xC0, lambda content: bytes(
        {7: 0x31, 10: 0x21, 13: 0x21}.get(place, value) for place, value in enumerate(content)))
    assert image_cli("gray", data).status == 0
    result = image_cli("scale", data)
    assert result.status == UNSUPPORTED and "sampling" in result.message


@pytest.mark.parametrize("change", [
    lambda content: b"\x48" + content[1:], lambda content: content[:3] + b"\0\0" + content[5:],
    lambda content: content[:5] + b"\0" + content[6:]], ids=["72 bits", "no width", "no components"])
def test_a_frame_that_makes_no_sense(image_cli, change):
    assert set(statuses(image_cli, with_frame(0xC0, change)())) == {CORRUPT}


# --- orientation ----------------------------------------------------------------------------------


def tiff_block(order, kind, count, value, tag=0x0112):
    """EXIF as any writer may have it; the value stands at the left of its four bytes."""
    place = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}.get(kind, "I")
    field = struct.pack(order + place, value).ljust(4, b"\0")
    return ((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IHHHI", 8, 1, tag, kind,
                                                                  count) + field + bytes(4))


def jpeg_with(block):
    return files.with_jpeg_segments(files.jpeg(48, 32), (0xE1, b"Exif\0\0" + block))


def progressive_cmyk_with(block):
    return files.with_jpeg_segments(KINDS["CMYK progressive"], (0xE1, b"Exif\0\0" + block))


def png_with(block):
    return png.write(np.zeros((32, 48, 3), np.uint8), extra=png.chunk(b"eXIf", block))


def webp_with(block):
    return files.encode(files.image(48, 32), "WEBP", exif=block)


def lossless_webp_with(block):
    return files.encode(files.image(48, 32), "WEBP", lossless=True, exif=block)


CARRIERS = [jpeg_with, progressive_cmyk_with, png_with, webp_with, lossless_webp_with]


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.__name__)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_orientation_of_every_integer_type(image_cli, carrier, order, operation):
    for kind in (1, 3, 4, 8, 9):
        image = image_cli(operation, carrier(tiff_block(order, kind, 1, 6)), 1).image
        assert image.width < image.height, kind


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.__name__)
def test_orientation_that_is_none_is_passed_over(image_cli, carrier):
    for kind, count, value in ((3, 1, 0), (3, 1, 9), (4, 1, 0x60000), (2, 1, 6), (5, 1, 6), (3, 0, 6),
                               (3, 9, 6), (4, 2, 6), (4, 1, 1 << 31)):
        image = image_cli("scale", carrier(tiff_block("<", kind, count, value)), 1).image
        assert image.width > image.height, (kind, count, value)


@pytest.mark.parametrize("kind", [1, 3, 4, 8, 9])
def test_orientation_of_a_tiff(image_cli, kind):
    data = files.encode(files.image(48, 32), "TIFF", tiffinfo={0x0112: 6})
    entry = struct.pack("<HHI", 0x0112, 3, 1)
    assert data.count(entry) == 1
    data = data.replace(entry, struct.pack("<HHI", 0x0112, kind, 1))
    image = image_cli("scale", data, 1).image
    assert image.width < image.height


def test_bombs_of_scans(image_cli):
    result = image_cli("gray", malformed.scan_bomb())
    assert result.status == TOO_LARGE and result.cpu_s < 2


def test_the_standard_tables_are_in_the_gray(image_cli):
    data = no_tables(KINDS["baseline"])
    gray = image_cli("gray", data).data
    assert [segment.marker for segment in jpeg.split(gray)].count(jpeg.DHT) == 2
    assert files.decode(gray).mode == "L"
