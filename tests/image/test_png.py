# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""PNG by our own decoder: all that a file may look like inside, and what must not pass."""
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from samples import files, png

CORRUPT = 9 # enum status
SIZE = (61, 83)


def noise(shape, depth=np.uint8):
    return np.random.default_rng(5).integers(0, np.iinfo(depth).max + 1, shape, dtype=depth)


def smooth(bands, height=96, width=144):
    small = np.random.default_rng(6).integers(0, 256, (4, 6, bands), dtype=np.uint8)
    planes = [Image.fromarray(small[..., i]).resize((width, height), Image.BICUBIC)
              for i in range(bands)]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1)


def paeth(left, up, corner):
    guess = left + up - corner
    distance = np.stack([abs(guess - left), abs(guess - up), abs(guess - corner)])
    return np.choose(distance.argmin(axis=0), [left, up, corner])


def filtered(array, kinds):
    """The rows of height x width x channels with filter kinds[y % len], as the IDATs hold them."""
    height = array.shape[0]
    rows = array.astype(f">u{array.dtype.itemsize}").reshape(height, -1).view(np.uint8).astype(int)
    step = rows.shape[1] // array.shape[1]
    padded = np.zeros((height + 1, rows.shape[1] + step), int)
    padded[1:, step:] = rows
    lines = b""
    for y in range(height):
        left, up, corner = padded[y + 1, :-step], padded[y, step:], padded[y, :-step]
        guess = [0 * left, left, up, (left + up) // 2, paeth(left, up, corner)]
        kind = kinds[y % len(kinds)]
        lines += bytes([kind]) + ((rows[y] - guess[kind]) & 255).astype(np.uint8).tobytes()
    return lines


def write(array, lines, extra=b"", pieces=1, colour_type=None):
    """A PNG of these filtered rows, its stream in so many IDATs."""
    height, width, channels = array.shape
    stream = zlib.compress(lines)
    cuts = [len(stream) * i // pieces for i in range(pieces + 1)]
    idats = b"".join(png.chunk(b"IDAT", stream[a:b]) for a, b in zip(cuts, cuts[1:]))
    return (png.header(width, height, array.dtype.itemsize * 8,
                       png.COLOUR_TYPE[channels] if colour_type is None else colour_type) +
            extra + idats + png.chunk(b"IEND", b""))


def luma(array):
    exact = array[..., :3].astype(np.int64) @ [19595, 38470, 7471]
    return (exact + 0x8000) >> 16


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, "all"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_every_filter(image_cli, bands, depth, kind):
    array = noise((*SIZE, bands), depth)
    kinds = [0, 1, 2, 3, 4] if kind == "all" else [kind]
    result = png.read(image_cli("gray", write(array, filtered(array, kinds))).data)
    assert np.array_equal(result[..., 0], luma(array) if bands >= 3 else array[..., 0])
    if bands % 2 == 0:
        assert np.array_equal(result[..., 1], array[..., -1])


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_narrow(image_cli, bands, width):
    array = noise((9, width, bands))
    result = png.read(image_cli("gray", write(array, filtered(array, [4, 3, 1, 2]))).data)
    assert np.array_equal(result[..., 0], luma(array) if bands >= 3 else array[..., 0])


@pytest.mark.parametrize("pieces", [1, 2, 50, 5000])
def test_a_stream_in_pieces(image_cli, pieces):
    array = noise((*SIZE, 3))
    whole = image_cli("gray", write(array, filtered(array, [4]))).data
    assert image_cli("gray", write(array, filtered(array, [4]), pieces=pieces)).data == whole


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_gray_of_few_bits(image_cli, bits):
    array = noise((13, 21)) >> (8 - bits)
    packed = np.packbits(np.unpackbits(array[..., None], axis=-1)[..., -bits:].reshape(13, -1), axis=1)
    data = (png.header(21, 13, bits, 0) + png.chunk(b"IDAT", zlib.compress(
        b"".join(b"\0" + row.tobytes() for row in packed))) + png.chunk(b"IEND", b""))
    gray = image_cli("gray", data)
    assert gray.data[24] == bits
    assert np.array_equal(np.asarray(gray.image.convert("L")), array * (255 // ((1 << bits) - 1)))
    scaled = image_cli("scale", data, 1).image
    assert np.array_equal(np.asarray(scaled), array * (255 // ((1 << bits) - 1)))


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("factor", [0.25, 0.3, 0.5, 0.7])
def test_smaller(image_cli, bands, factor):
    array = smooth(bands)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[bands]
    source = Image.fromarray(array.squeeze(), mode)
    result = image_cli("scale", files.encode(source, "PNG"), factor).image
    premultiplied = {"LA": "La", "RGBA": "RGBa"}.get(mode, mode)
    expected = source.convert(premultiplied).resize(result.size, Image.LANCZOS)
    assert result.mode == mode
    difference = np.abs(np.asarray(result.convert(premultiplied)).astype(int) - np.asarray(expected))
    assert difference.mean() < 0.6 and difference.max() <= 4


@pytest.mark.parametrize("colours", [2, 3, 16, 200])
@pytest.mark.parametrize("transparent", [None, 1])
def test_palettes(image_cli, colours, transparent):
    source = Image.fromarray(smooth(3)).quantize(colours)
    options = {} if transparent is None else {"transparency": transparent}
    data = files.encode(source, "PNG", **options)
    plain = files.decode(data).convert("RGB" if transparent is None else "RGBA")
    gray = np.asarray(image_cli("gray", data).image.convert("LA"))
    assert np.array_equal(gray[..., 0], np.asarray(plain.convert("L")))
    if transparent is not None:
        assert np.array_equal(gray[..., 1], np.asarray(plain)[..., 3])
    same = image_cli("scale", data, 1).image
    visible = np.asarray(plain.convert("RGBA"))[..., 3] > 0
    assert same.mode == plain.mode
    assert np.array_equal(np.asarray(same)[visible], np.asarray(plain)[visible])


def test_a_profile_in_several_kinds_of_image(image_cli):
    """Kept where pixels still mean it; one that is not for these pixels is left out."""
    profile = files.wide_profile()
    for mode, kept in (("RGB", True), ("RGBA", True), ("P", True), ("L", False)):
        source = Image.fromarray(smooth(4), "RGBA").convert(mode)
        data = files.encode(source, "PNG", icc_profile=profile)
        found = image_cli("scale", data).image.info.get("icc_profile")
        assert found == (profile if kept else None), mode
        assert "icc_profile" not in image_cli("gray", data).image.info


def without(data, name):
    return png.SIGNATURE + b"".join(png.chunk(n, c) for n, c in png.chunks(data) if n != name)


def flipped(data, name):
    """The file with one bit of the first such chunk's content changed, its checksum not."""
    changed = bytearray(data)
    changed[data.index(name) + 5] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_what_must_not_pass(image_cli, operation):
    array = noise((20, 30, 3))
    lines = filtered(array, [1])
    good = write(array, lines)
    palette = files.encode(Image.fromarray(array).quantize(16), "PNG", transparency=2)
    stream = bytearray(zlib.compress(lines))
    stream[-1] ^= 1 # Adler-32
    damaged = png.header(30, 20) + png.chunk(b"IDAT", bytes(stream)) + png.chunk(b"IEND", b"")
    assert image_cli(operation, good).status == image_cli(operation, palette).status == 0
    for name, data in {
            "a row too few": write(array, lines[:-91]),
            "a byte too few": write(array, lines[:-1]),
            "an unknown filter": write(array, b"\5" + lines[1:]),
            "no pixels": without(good, b"IDAT"),
            "the sum of the stream": damaged,
            "the sum of the pixels": flipped(good, b"IDAT"),
            "the sum of the header": flipped(good, b"IHDR"),
            "the sum of the colours": flipped(palette, b"PLTE"),
            "the sum of the transparency": flipped(palette, b"tRNS"),
            "no colours": without(palette, b"PLTE")}.items():
        assert image_cli(operation, data).status == CORRUPT, name


def test_a_damaged_comment_is_no_obstacle(image_cli):
    array = noise((20, 30, 3))
    data = write(array, filtered(array, [1]), extra=png.chunk(b"tEXt", b"Comment\0hello"))
    assert image_cli("gray", flipped(data, b"tEXt")).status == 0


def test_colours_that_are_not_there_are_black(image_cli):
    indices = np.array([[[0], [1], [2], [255]]], np.uint8)
    data = write(indices, b"\0" + indices.tobytes(), colour_type=3,
                 extra=png.chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 255])))
    assert np.asarray(image_cli("gray", data).image).tolist() == [[76, 29, 0, 0]]


@pytest.mark.parametrize("behind", [False, True], ids=["before the pixels", "behind the pixels"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", "<>")
def test_orientation_wherever_it_stands(image_cli, order, orientation, behind):
    source = Image.fromarray(noise((13, 21, 3)))
    exif = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(
        f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    data, chunk = files.encode(source, "PNG"), png.chunk(b"eXIf", exif)
    place = len(data) - 12 if behind else 33
    result = image_cli("scale", data[:place] + chunk + data[place:], 1)
    source.getexif()[0x0112] = orientation
    assert np.array_equal(np.asarray(result.image), np.asarray(ImageOps.exif_transpose(source)))
    assert b"eXIf" not in result.data


def stored(colour_type, bits, height=21, width=30):
    channels = png.CHANNELS[colour_type]
    samples = noise((height, width, channels), np.uint16) >> (16 - bits)
    return samples.astype(np.uint16 if bits == 16 else np.uint8)


KINDS = {f"type {colour_type} of {bits}{' interlaced' if interlaced else ''}":
         (colour_type, bits, interlaced)
         for colour_type, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16),
                                     6: (8, 16)}.items()
         for bits in depths for interlaced in (False, True)}


PALETTE_OF = {bits: png.chunk(b"PLTE", noise((1 << bits, 3)).tobytes()) for bits in (1, 2, 4, 8)}


def of_kind(kind, size=(21, 30), extra=b"", **options):
    colour_type, bits, interlaced = KINDS[kind]
    if colour_type == 3:
        extra = PALETTE_OF[bits] + extra
    return png.write_any(stored(colour_type, bits, *size), bits, colour_type, interlaced, extra, **options)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 1), (1, 5), (8, 8), (21, 30)], ids=str)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if "interlaced" in kind])
def test_interlaced_is_as_if_it_were_not(image_cli, kind, size):
    data, plain = of_kind(kind, size), of_kind(kind.removesuffix(" interlaced"), size)
    for operation, factor in (("gray", 1), ("scale", 1), ("scale", 0.5)):
        assert image_cli(operation, data, factor).data == image_cli(operation, plain, factor).data
    if KINDS[kind][1] <= 8: # Pillow reads no 16-bit colour
        expected = files.decode(data).convert("RGBA")
        assert np.array_equal(np.asarray(image_cli("scale", data, 1).image.convert("RGBA")), expected)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("colour_type, bits", [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16)])
def test_a_colour_that_is_transparent(image_cli, colour_type, bits, interlaced):
    """In as many bits as samples have; what the file says beyond these means nothing."""
    samples = stored(colour_type, bits)
    key = samples[3, 4].astype(int)
    above = 0xffff << bits & 0xffff
    chunk = png.chunk(b"tRNS", struct.pack(f">{len(key)}H", *(key | above)))
    data = png.write_any(samples, bits, colour_type, interlaced, chunk)
    result = png.read(image_cli("scale", data, 1).data)
    most = 65535 if bits == 16 else 255
    assert np.array_equal(result[..., -1], np.where((samples == key).all(axis=-1), 0, most))
    stretched = samples.astype(int) * (255 // ((1 << bits) - 1) if bits < 8 else 1)
    assert np.array_equal(result[..., :-1], stretched)
    gray = png.read(image_cli("gray", data).data)
    assert np.array_equal(gray[..., 1], result[..., -1])
    assert np.array_equal(gray[..., 0], luma(stretched) if colour_type == 2 else stretched[..., 0])


def without_end(lines):
    """A zlib stream that was never finished."""
    packer = zlib.compressobj()
    return packer.compress(lines) + packer.flush(zlib.Z_SYNC_FLUSH)


def harmless(kind):
    """Files by name, each as good as of_kind(kind)."""
    colour_type, bits, interlaced = KINDS[kind]
    good = of_kind(kind)
    lines = png.rows_of(stored(colour_type, bits), bits, interlaced)
    stream = zlib.compress(lines)
    def of_stream(stream):
        return of_kind(kind, stream=stream)
    pixels = good.index(b"IDAT") - 4
    behind = png.chunk(b"ABCD", b"unknown, but critical")
    damaged_text = bytearray(png.chunk(b"tEXt", b"Comment\0hello"))
    damaged_text[-1] ^= 1
    return {
        "no end": without(good, b"IEND"), "an end cut off": good[:-5],
        "a broken end": good[:-1] + b"\0", "bytes behind the end": good + b"hello",
        "zeros instead of the end": good[:-12] + bytes(12),
        "a chunk cut off behind the pixels": good[:-12] + png.chunk(b"tEXt", b"a" * 100)[:50],
        "a chunk nobody knows behind the pixels": good[:-12] + behind + good[-12:],
        "a row too many": of_stream(zlib.compress(lines + lines[-9:])),
        "far too many rows": of_stream(zlib.compress(lines + bytes(1 << 20))),
        "bytes behind the stream": of_stream(stream + b"hello"),
        "no checksum of the pixels": good[:-12 - 4], "half a checksum": good[:-12 - 6],
        "a stream without its checksum": of_stream(stream[:-4]),
        "a stream without an end": of_stream(without_end(lines)),
        "empty pieces": good[:pixels] + 3 * png.chunk(b"IDAT", b"") + good[pixels:-12] +
                        png.chunk(b"IDAT", b"") + good[-12:],
        "a damaged text": good[:33] + bytes(damaged_text) + good[33:],
        "private chunks": good[:33] + png.chunk(b"prVt", b"?") + good[33:],
        "gamma and primaries": good[:33] + png.chunk(b"gAMA", struct.pack(">I", 45455)) +
                               png.chunk(b"cHRM", bytes(32)) + good[33:],
        "an sRGB chunk": good[:33] + png.chunk(b"sRGB", b"\0") + good[33:],
        "transparency behind the pixels": good[:-12] + png.chunk(b"tRNS", b"\0\0") + good[-12:],
    }


@pytest.mark.parametrize("kind", ["type 2 of 8", "type 0 of 1", "type 6 of 16", "type 3 of 4",
                                  "type 2 of 8 interlaced", "type 3 of 2 interlaced",
                                  "type 4 of 16 interlaced"])
def test_what_touches_no_pixel_passes(image_cli, kind):
    for operation, factor in (("gray", 1), ("scale", 1), ("scale", 0.5)):
        expected = image_cli(operation, of_kind(kind), factor).data
        for name, data in harmless(kind).items():
            result = image_cli(operation, data, factor)
            assert result.data == expected, f"{operation} {name}: {result.message}"


@pytest.mark.parametrize("kind", ["type 2 of 8", "type 2 of 8 interlaced", "type 0 of 16",
                                  "type 3 of 4 interlaced"])
@pytest.mark.parametrize("turned", [False, True])
def test_what_touches_pixels_does_not(image_cli, kind, turned):
    """Whatever the path: that of an upright one, or through libvips."""
    colour_type, bits, interlaced = KINDS[kind]
    lines = png.rows_of(stored(colour_type, bits), bits, interlaced)
    stream = zlib.compress(lines)
    exif = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    extra = png.chunk(b"eXIf", exif) if turned else b""
    good = of_kind(kind, extra=extra)
    wrong_sum = stream[:-1] + bytes([stream[-1] ^ 1])
    middle = bytearray(stream)
    middle[len(stream) // 2] ^= 0x55
    for name, data in {
            "a byte too few": of_kind(kind, extra=extra, stream=zlib.compress(lines[:-1])),
            "half of the stream": of_kind(kind, extra=extra, stream=stream[:len(stream) // 2]),
            "the sum of the stream": of_kind(kind, extra=extra, stream=wrong_sum),
            "the middle of the stream": of_kind(kind, extra=extra, stream=bytes(middle)),
            "an unknown filter": of_kind(kind, extra=extra, stream=zlib.compress(b"\x09" + lines[1:])),
            "the sum of the pixels": flipped(good, b"IDAT"),
            "a chunk that is needed, and nobody knows": good[:33] + png.chunk(b"ABCD", b"") + good[33:],
            "cut off": good[:-12 - len(stream) // 2]}.items():
        for operation, factor in (("gray", 1), ("scale", 1), ("scale", 0.5)):
            assert image_cli(operation, data, factor).status == CORRUPT, f"{operation} {name}"


@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_rare_kinds_take_the_general_path(image_cli, operation):
    """A colour for transparent; interlaced: both as other decoders see them."""
    array = smooth(3)
    array[:, 72:] = [10, 20, 30]
    key = struct.pack(">HHH", 10, 20, 30)
    data = png.write(array, extra=png.chunk(b"tRNS", key))
    result = image_cli(operation, data)
    alpha = np.asarray(result.image)[..., -1]
    half = alpha.shape[1] // 2
    assert result.image.mode == ("LA" if operation == "gray" else "RGBA")
    assert alpha[:, half + 4:].max() <= 8 and alpha[:, :half - 4].min() >= 247
    interlaced = subsampled(array[:8, :8])
    seen = files.decode(interlaced)
    result = image_cli("gray", interlaced).image
    assert np.array_equal(np.asarray(result), np.asarray(seen.convert("L")))


@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_damage_of_what_is_rare(image_cli, operation):
    """Found before libpng sees it, which believes the length of a chunk."""
    good = subsampled(smooth(3)[:8, :8])
    place = good.index(b"IDAT") - 4
    exif = struct.pack(">I4s", 0x7bffffff, b"eXIf")
    assert image_cli(operation, good).status == 0
    for name, data in {
            "a chunk longer than the file": good[:place] + exif + good[place:],
            "the sum of the pixels": flipped(good, b"IDAT")}.items():
        assert image_cli(operation, data).status == CORRUPT, name


def test_texts_that_inflate_cost_nothing(image_cli):
    """Of a kind that libpng reads, each to 50 MB."""
    good = subsampled(smooth(3)[:8, :8])
    text = png.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(51 << 20)))
    for place in (33, len(good) - 12): # before and behind the pixels
        result = image_cli("scale", good[:place] + 30 * text + good[place:], 1)
        assert np.array_equal(np.asarray(result.image), smooth(3)[:8, :8])
        assert result.cpu_s < 1.5


def test_profiles_that_do_not_inflate_cost_one(image_cli):
    array = noise((20, 30, 3))
    stream = bytearray(zlib.compress(bytes((4 << 20) - 5)))
    stream[-1] ^= 1 # Adler-32
    profile = png.chunk(b"iCCP", b"x\0\0" + bytes(stream))
    good = png.chunk(b"iCCP", b"x\0\0" + zlib.compress(files.srgb_profile()))
    data = write(array, filtered(array, [1]), extra=4000 * profile + good)
    result = image_cli("scale", data, 1)
    assert result.status == 0 and b"iCCP" not in result.data
    assert result.cpu_s < 1


def test_the_general_path_keeps_the_profile(image_cli):
    good = subsampled(smooth(3)[:8, :8])
    profile = files.wide_profile()
    extra = (png.chunk(b"iCCP", b"x\0\0" + zlib.compress(profile)) +
             png.chunk(b"tEXt", b"Comment\0hello"))
    image = image_cli("scale", good[:33] + extra + good[33:], 1).image
    assert image.info["icc_profile"] == profile
    assert "Comment" not in image.info


def subsampled(array):
    """Interlaced: the seven passes of Adam7 over 8 x 8 pixels."""
    lines = b""
    for y, x, vertical, horizontal in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2),
                               (0, 1, 2, 2), (1, 0, 2, 1)):
        lines += b"".join(b"\0" + row.tobytes() for row in array[y::vertical, x::horizontal])
    header = png.chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 1))
    return (png.SIGNATURE + header + png.chunk(b"IDAT", zlib.compress(lines)) +
            png.chunk(b"IEND", b""))


def test_interlaced_is_really_interlaced():
    array = noise((8, 8, 3))
    image = Image.open(io.BytesIO(subsampled(array)))
    assert image.info["interlace"] == 1 and np.array_equal(np.asarray(image), array)
