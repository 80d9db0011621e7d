# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""TIFF as Pillow does not write it: few bits, samples in planes, in tiles, both byte orders."""
import random
import subprocess
import zlib

import numpy as np
import pytest
from PIL import Image

from samples import files, tiff as judge

UNSUPPORTED, CORRUPT = 8, 9 # enum status
PHOTOMETRIC = {1: 1, 2: 1, 3: 2, 4: 2, 5: 5}


def noise(bands, bits=8, size=(47, 61)):
    return np.random.default_rng(7).integers(0, 1 << bits, (*size, bands))


def packed(rows, bits, order):
    """Rows of samples as they lie in the file."""
    if bits >= 8:
        return rows.astype(f"{order}u{bits // 8}").tobytes()
    spread = np.unpackbits(rows.astype(np.uint8)[..., None], axis=-1)[..., 8 - bits:]
    return np.packbits(spread.reshape(len(rows), -1), axis=1).tobytes()


def blocks(plane, tile):
    """A plane's only strip, or its tiles, padded."""
    if tile is None:
        return [plane]
    height, width = plane.shape[:2]
    padded = np.pad(plane, ((0, -height % tile), (0, -width % tile), (0, 0)))
    return [padded[y:y + tile, x:x + tile] for y in range(0, height, tile)
            for x in range(0, width, tile)]


def tiff(samples, bits=8, order="<", planar=False, tile=None, photometric=None, extra=2, pages=1,
         more=None):
    """height x width x bands to a TIFF that is not compressed; `more` are tags that replace others, or
    are left out where they have no numbers."""
    height, width, bands = samples.shape
    planes = np.split(samples, bands, axis=-1) if planar else [samples]
    pieces = [packed(block.reshape(len(block), -1), bits, order)
              for plane in planes for block in blocks(plane, tile)]
    at = np.cumsum([8] + [len(piece) for piece in pieces])
    colours = bands - (bands in (2, 4, 5))
    tags = {256: [width], 257: [height], 258: [bits] * bands, 259: [1],
            262: [PHOTOMETRIC[bands] if photometric is None else photometric], 277: [bands],
            284: [2 if planar else 1], (273 if tile is None else 324): at[:-1].tolist(),
            (279 if tile is None else 325): [len(piece) for piece in pieces]}
    tags.update({278: [height]} if tile is None else {322: [tile], 323: [tile]})
    tags.update({338: [extra]} if colours < bands else {})
    tags.update(more or {})
    tags = {tag: values for tag, values in tags.items() if values}
    data, end = b"".join(pieces) * pages, 8 + (at[-1] - 8) * pages
    directories, start = b"", end
    places = 273 if tile is None else 324
    for page in range(pages):
        if page > 0: # each has its own
            tags[places] = [place + at[-1] - 8 for place in tags[places]]
        table, values = b"", b""
        behind = start + 2 + 12 * len(tags) + 4
        for tag in sorted(tags):
            value = np.asarray(tags[tag]).astype(f"{order}u4").tobytes()
            if len(value) > 4:
                place = behind + len(values)
                values += value
                value = np.array([place]).astype(f"{order}u4").tobytes()
            table += np.array([tag, 4]).astype(f"{order}u2").tobytes()
            table += np.array([len(tags[tag])]).astype(f"{order}u4").tobytes() + value
        following = behind + len(values) if page + 1 < pages else 0
        directories += np.array([len(tags)]).astype(f"{order}u2").tobytes() + table
        directories += np.array([following]).astype(f"{order}u4").tobytes() + values
        start = following
    head = (b"II*\0" if order == "<" else b"MM\0*") + np.array([end]).astype(f"{order}u4").tobytes()
    return head + data + directories


def luma(samples):
    return (samples[..., :3] @ [19595, 38470, 7471] + 0x8000) >> 16


@pytest.mark.parametrize("width", [1, 2, 7, 8, 13])
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_gray_of_few_bits(image_cli, bits, width):
    source = noise(1, bits, (3, width))
    image = image_cli("gray", tiff(source, bits)).image
    expected = source[..., 0] * (255 // ((1 << bits) - 1))
    assert np.array_equal(np.asarray(image.convert("L")), expected)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("tile", [None, 16, 48])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("bands", [2, 3, 4])
def test_planes(image_cli, bands, bits, tile, order):
    source = noise(bands, bits)
    data = tiff(source, bits, order, planar=True, tile=tile)
    gray = judge.read(image_cli("gray", data).data)
    assert np.array_equal(gray[..., 0], source[..., 0] if bands == 2 else luma(source))
    if bands % 2 == 0:
        assert np.array_equal(gray[..., 1], source[..., -1])
    same = judge.read(image_cli("scale", data, 1).data)
    assert np.array_equal(same, source)


@pytest.mark.parametrize("tile", [None, 32])
def test_planes_where_zero_is_white(image_cli, tile):
    source = noise(2)
    data = tiff(source, planar=True, tile=tile, photometric=0)
    gray = judge.read(image_cli("gray", data).data)
    assert np.array_equal(gray[..., 0], 255 - source[..., 0])
    assert np.array_equal(gray[..., 1], source[..., 1])


def test_planes_times_alpha(image_cli):
    plain = noise(4)
    source = plain.copy()
    source[..., :3] = (plain[..., :3] * plain[..., 3:] + 127) // 255
    data = tiff(source, planar=True, tile=16, extra=1)
    same = judge.read(image_cli("scale", data, 1).data)
    seen = plain[..., 3] > 128
    assert np.abs(same[..., :3] - plain[..., :3])[seen].max() <= 2


@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_pages_of_planes(image_cli, operation):
    source = noise(3)
    result = image_cli(operation, tiff(source, planar=True, tile=16, pages=3), 1).data
    for page in range(3):
        found = judge.read(result, page)
        assert np.array_equal(found, source if operation == "scale" else luma(source)[..., None])


@pytest.mark.parametrize("tile", [None, 16])
def test_planes_that_are_cut_off(image_cli, tile):
    data = bytearray(tiff(noise(2), planar=True, tile=tile))
    place = data.index(np.array([273 if tile is None else 324, 4]).astype("<u2").tobytes())
    offset = int.from_bytes(data[place + 8:place + 12], "little")
    data[offset:offset + 4] = (len(data) - 99).to_bytes(4, "little") # of the first strip or tile
    assert image_cli("gray", bytes(data)).status == CORRUPT


def test_gray_of_a_jpeg_in_a_tiff_has_no_second_loss(image_cli):
    data = files.encode(Image.fromarray(noise(3).astype(np.uint8)), "TIFF", compression="jpeg")
    expected = np.asarray(files.decode(data).convert("L")).astype(int)
    gray = image_cli("gray", data).image
    assert np.abs(np.asarray(gray) - expected).max() <= 1
    assert image_cli("scale", data).image.info["compression"] == "jpeg"


# --- kinds --------------------------------------------------------------------------------------

@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("tile", [None, 16, 48])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_strips_and_tiles(image_cli, bands, bits, tile, order):
    source = noise(bands, bits)
    data = tiff(source, bits, order, tile=tile)
    gray = judge.read(image_cli("gray", data).data)
    assert np.array_equal(gray[..., 0], source[..., 0] if bands < 3 else luma(source))
    assert np.array_equal(judge.read(image_cli("scale", data, 1).data), source)


@pytest.mark.parametrize("white", [False, True])
@pytest.mark.parametrize("tile", [None, 16, 48])
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_gray_of_any_bits(image_cli, bits, tile, white):
    source = noise(1, bits)
    data = tiff(source, bits, tile=tile, photometric=0 if white else 1)
    largest = (1 << max(bits, 8)) - 1
    expected = source * (largest // ((1 << bits) - 1))
    result = judge.read(image_cli("scale", data, 1).data)
    assert np.array_equal(result, largest - expected if white else expected)


@pytest.mark.parametrize("tile", [None, 16])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes(image_cli, bits, tile):
    """Grays of a palette are any of 256, not as few as their numbers have bits."""
    colours = np.random.default_rng(bits).integers(0, 256, (1 << bits, 3))
    for table in (colours, colours[:, :1].repeat(3, axis=1)):
        source = noise(1, bits)
        data = tiff(source, bits, tile=tile, photometric=3,
                    more={320: (table.T * 257).flatten().tolist()})
        data = data.replace(np.array([320, 4]).astype("<u2").tobytes(),
                            np.array([320, 3]).astype("<u2").tobytes())
        place = judge_place(data, 320)
        wide = np.frombuffer(data, "<u4", table.size, place).astype("<u2").tobytes()
        data = data[:place] + wide + data[place + len(wide):]
        expected = table[source[..., 0]]
        assert np.array_equal(judge.read(image_cli("scale", data, 1).data), expected)
        assert np.array_equal(judge.read(image_cli("gray", data).data)[..., 0], luma(expected))


def judge_place(data, tag):
    """Where the numbers of a tag lie that do not fit into its entry."""
    place = data.index(np.array([tag, 3]).astype("<u2").tobytes())
    return int.from_bytes(data[place + 8:place + 12], "little")


def test_alpha_that_colours_come_times(image_cli):
    plain = noise(4)
    source = plain.copy()
    source[..., :3] = (plain[..., :3] * plain[..., 3:] + 127) // 255
    same = judge.read(image_cli("scale", tiff(source, extra=1), 1).data)
    seen = plain[..., 3] > 128
    assert np.abs(same[..., :3] - plain[..., :3])[seen].max() <= 2
    assert np.array_equal(same[..., 3], plain[..., 3])


UNSUPPORTED_KINDS = {
    **{f"samples of {bits} bits": (1, {258: [bits]}) for bits in (3, 6, 10, 12, 14, 24, 32, 64)},
    "differ in their bits": (3, {258: [5, 6, 5]}),
    "3 samples of 4 bits": (3, {258: [4, 4, 4]}),
    "floating-point samples of 16 bits": (3, {258: [16] * 3, 339: [3] * 3}),
    "floating-point samples of 32 bits": (1, {258: [32], 339: [3]}),
    "floating-point samples of 64 bits": (1, {258: [64], 339: [3]}),
    "signed samples of 8 bits": (1, {339: [2]}),
    "signed samples of 16 bits": (1, {258: [16], 339: [2]}),
    "complex samples of 64 bits": (1, {258: [64], 339: [6]}),
    "complex samples of 32 bits": (1, {258: [32], 339: [5]}),
    "YCbCr that is not JPEG-compressed": (3, {262: [6], 530: [1, 1]}),
    "inks other than CMYK": (4, {262: [5], 332: [2], 338: []}),
    "photometric interpretation 9": (3, {262: [9]}),
    "photometric interpretation 10": (3, {262: [10]}),
    "photometric interpretation 32803": (1, {262: [32803]}),
    "photometric interpretation 32845": (3, {262: [32845]}),
    "old-style JPEG": (3, {259: [6]}),
    "JPEG 2000": (3, {259: [33003]}),
    "PixarLog": (3, {259: [32909]}),
    "compression 12345": (3, {259: [12345]}),
    "4 samples that does not say what they mean": (4, {262: [], 338: []}),
}


@pytest.mark.parametrize("operation", ["gray", "scale"])
@pytest.mark.parametrize("words", UNSUPPORTED_KINDS)
def test_what_is_not_supported_is_reported(image_cli, words, operation):
    bands, tags = UNSUPPORTED_KINDS[words]
    result = image_cli(operation, tiff(noise(bands), more=tags))
    assert result.status == UNSUPPORTED
    assert words in result.message


@pytest.mark.parametrize("layout", [{"planar": True}, {"tile": 16}, {"planar": True, "tile": 16}])
def test_ycbcr_of_any_layout_has_no_false_colours(image_cli, layout):
    data = tiff(noise(3), photometric=6, more={530: [1, 1]}, **layout)
    assert image_cli("scale", data).status == UNSUPPORTED
    assert image_cli("gray", data).status == UNSUPPORTED


@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("bands", [1, 3])
def test_samples_that_do_not_say_what_they_mean(image_cli, bands, planar):
    source = noise(bands)
    data = tiff(source, planar=planar, more={262: []})
    assert np.array_equal(judge.read(image_cli("scale", data, 1).data), source)


@pytest.mark.parametrize("planar", [False, True])
def test_four_samples_that_do_not_say_what_they_mean(image_cli, planar):
    data = tiff(noise(4), planar=planar, more={262: [], 338: []})
    assert image_cli("gray", data).status == UNSUPPORTED


# --- pages --------------------------------------------------------------------------------------

@pytest.mark.parametrize("bits, bands", [(1, 1), (4, 1), (8, 2), (8, 3), (16, 3), (16, 4), (8, 5)])
@pytest.mark.parametrize("tile", [None, 16])
@pytest.mark.parametrize("factor", [1, 0.5])
def test_pages_of_any_kind(image_cli, bits, bands, tile, factor):
    source = noise(bands, bits)
    one = judge.read(image_cli("scale", tiff(source, bits, tile=tile), factor).data)
    three = image_cli("scale", tiff(source, bits, tile=tile, pages=3), factor).data
    for page in range(3):
        assert np.array_equal(judge.read(three, page), one)


@pytest.mark.parametrize("tag, value", [(262, 0), (274, 6), (338, 1)])
def test_pages_of_another_kind_leave_the_first(image_cli, tag, value):
    source = noise(2)
    data = bytearray(tiff(source, pages=2, more={274: [1]}))
    place = data.rindex(np.array([tag, 4]).astype("<u2").tobytes())
    data[place + 8:place + 12] = value.to_bytes(4, "little")
    result = image_cli("scale", bytes(data), 1).image
    assert result.n_frames == 1


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("missing", [1, 2, 4])
def test_no_offset_behind_the_last_directory(image_cli, order, missing):
    data = tiff(noise(1), order=order)
    assert data[-4:] == bytes(4)
    for operation in ("gray", "scale"):
        whole, cut = image_cli(operation, data), image_cli(operation, data[:-missing])
        assert cut.status == 0 and cut.data == whole.data


def test_no_offset_behind_the_last_directory_of_a_big_one(image_cli):
    data = judge.write(noise(1).astype(np.uint8), judge.GRAY, big=True)
    assert image_cli("gray", data[:-8]).data == image_cli("gray", data).data


@pytest.mark.parametrize("operation", ["gray", "scale"])
@pytest.mark.parametrize("tag, tile", [(273, None), (324, 16)])
def test_a_strip_or_tile_without_an_offset_is_damage(image_cli, operation, tag, tile):
    """libtiff reads it from the start of the file."""
    rows = {278: [5]} if tile is None else {}
    data = tiff(noise(3), tile=tile, more={tag: [8], **rows})
    assert image_cli(operation, data).status == CORRUPT


def test_offsets_beyond_the_last_strip_cost_nothing(image_cli):
    stream = files.encode(Image.fromarray(noise(1, 8, (1000, 1000))[..., 0].astype(np.uint8)), "JPEG",
                          quality=95)

    def with_offsets(count):
        at = 8 + len(stream) + len(stream) % 2
        tags = [(256, judge.LONG, [1000]), (257, judge.LONG, [1000]), (258, judge.SHORT, [8]),
                (259, judge.SHORT, [7]), (262, judge.SHORT, [judge.GRAY]),
                (273, judge.LONG, [8] * count), (277, judge.SHORT, [1]), (278, judge.LONG, [1000]),
                (279, judge.LONG, [len(stream)] * count)]
        return (b"II*\0" + at.to_bytes(4, "little") + stream).ljust(at, b"\0") + judge.directory(
            "<", False, at, tags)

    one, many = image_cli("gray", with_offsets(1)), image_cli("gray", with_offsets(100000))
    assert many.data == one.data != b"" and many.cpu_s < 10 * one.cpu_s + 0.5


@pytest.mark.parametrize("bands", [5, 6, 8])
def test_more_bands_are_resized_like_the_others(image_cli, bands):
    """Alpha is the last one."""
    source = np.concatenate([noise(4), noise(bands - 4)[::-1]], axis=-1)
    source[..., -1] = 255
    more = {338: [0] * (bands - 5) + [2]}
    found = judge.read(image_cli("scale", tiff(source, photometric=5, more=more), 0.4).data)
    alone = judge.read(image_cli("scale", tiff(source[..., :4], photometric=5), 0.4).data)
    assert found.shape[-1] == bands and (found[..., -1] == 255).all()
    assert np.abs(found[..., :4] - alone).max() <= 1


@pytest.mark.parametrize("height", [1, 199, 3000])
@pytest.mark.parametrize("fill_order", [1, 2])
def test_a_tall_strip_that_is_not_compressed(image_cli, height, fill_order):
    """It is copied some rows at a time; the bits of its bytes may go either way (TIFF 6.0, section 8)."""
    source = noise(1, 4, (height, 301))
    data = tiff(source, 4, more={266: [fill_order]})
    if fill_order == 2:
        flipped = np.packbits(np.unpackbits(np.frombuffer(data, np.uint8)[8:8 + 151 * height]),
                              bitorder="little").tobytes()
        data = data[:8] + flipped + data[8 + len(flipped):]
    image = image_cli("gray", data).image
    assert np.array_equal(np.asarray(image.convert("L")), source[..., 0] * 17)


def with_the_same_strip(compression, strips):
    """An image whose strips are all the same bytes of the file."""
    part = bytes(64 * 8 * 3)
    part = zlib.compress(part) if compression == judge.DEFLATE else part
    at = 8 + len(part) + len(part) % 2
    tags = [(256, judge.LONG, [64]), (257, judge.LONG, [8 * strips]), (258, judge.SHORT, [8] * 3),
            (259, judge.SHORT, [compression]), (262, judge.SHORT, [judge.RGB]),
            (273, judge.LONG, [8] * strips), (277, judge.SHORT, [3]), (278, judge.LONG, [8]),
            (279, judge.LONG, [len(part)] * strips), (284, judge.SHORT, [1])]
    return (b"II*\0" + at.to_bytes(4, "little") + part).ljust(at, b"\0") + judge.directory(
        "<", False, at, tags)


@pytest.mark.parametrize("operation", ["gray", "scale"])
@pytest.mark.parametrize("compression", [1, judge.DEFLATE])
def test_strips_that_are_there_several_times(image_cli, compression, operation):
    assert image_cli(operation, with_the_same_strip(compression, 1)).status == 0
    assert image_cli(operation, with_the_same_strip(compression, 400)).status == CORRUPT


# --- damage -------------------------------------------------------------------------------------

def blocky(size=(160, 128)):
    small = np.random.default_rng(3).integers(0, 256, (size[0] // 8, size[1] // 8, 3), np.uint8)
    return Image.fromarray(np.kron(small, np.ones((8, 8, 1), np.uint8)))


def by_imagemagick(image, *options):
    return subprocess.run(["convert", "png:-", *options, "tiff:-"], check=True, capture_output=True,
                          input=files.encode(image, "PNG")).stdout


TILES = ("-define", "tiff:tile-geometry=64x64")
COMPRESSED = {
    **{name: lambda name=name: files.encode(blocky(), "TIFF", compression=name) for name in
       ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "webp", "lzma")},
    **{f"{name} of bits": lambda name=name: files.encode(blocky().convert("1"), "TIFF",
                                                         compression=name)
       for name in ("group3", "group4", "tiff_ccitt", "packbits")},
    "jpeg tiles": lambda: by_imagemagick(blocky(), *TILES, "-compress", "jpeg"),
    "lzw tiles": lambda: by_imagemagick(blocky(), *TILES, "-compress", "lzw"),
    "deflate tiles": lambda: by_imagemagick(blocky(), *TILES, "-compress", "zip"),
    "predictor": lambda: files.encode(blocky(), "TIFF", compression="tiff_adobe_deflate",
                                      tiffinfo={317: 2}),
}
# Where nearly every changed byte shows: the others have no check of their own, and decode to something.
CHECKED = {"tiff_adobe_deflate", "jpeg", "lzma", "group3 of bits", "group4 of bits",
           "tiff_ccitt of bits", "jpeg tiles", "deflate tiles", "predictor"}


def damaged(data, tries):
    """The file with a bit turned, bytes zeroed or bytes replaced, where its pixels are."""
    tags, dice = judge.entries(data), random.Random(1)
    ranges = zip(tags.get(273, tags.get(324)), tags.get(279, tags.get(325)))
    places = [place for at, size in ranges for place in range(at, at + size)]
    for attempt in range(tries):
        changed, at = bytearray(data), dice.choice(places)
        if attempt % 3 == 0:
            changed[at] ^= 1 << dice.randrange(8)
        for place in range(at, min(at + (0, 20, 6)[attempt % 3], places[-1] + 1)):
            changed[place] = 0 if attempt % 3 == 1 else dice.randrange(256)
        if bytes(changed) != data:
            yield bytes(changed)


@pytest.mark.parametrize("kind", COMPRESSED)
def test_damage_is_reported_by_both_operations(image_cli, kind):
    data = COMPRESSED[kind]()
    whole, noticed, tries = image_cli("gray", data), 0, 0
    assert whole.status == 0
    for changed in damaged(data, 15):
        gray = image_cli("gray", changed)
        assert gray.status in (0, CORRUPT)
        assert gray.status == image_cli("scale", changed).status
        noticed += gray.status == CORRUPT or gray.data == whole.data
        tries += 1
    assert kind not in CHECKED or noticed >= 0.8 * tries


@pytest.mark.parametrize("kind", COMPRESSED)
def test_all_compressions(image_cli, kind):
    data = COMPRESSED[kind]()
    expected = np.asarray(files.decode(data).convert("L")).astype(int)
    found = np.asarray(image_cli("gray", data).image.convert("L")).astype(int)
    assert np.abs(found - expected).max() <= 1


def test_last_strip_of_a_deflated_file_may_be_longer(image_cli):
    """Some writers pad the only strip to RowsPerStrip."""
    image = noise(1, size=(40, 24)).astype(np.uint8)
    data = bytearray(judge.write(image, judge.GRAY, compression=judge.DEFLATE))
    for tag, rows in ((257, 33), (278, 40)):
        place = data.index(np.array([tag, 4]).astype("<u2").tobytes())
        data[place + 8:place + 12] = rows.to_bytes(4, "little")
    result = np.asarray(image_cli("scale", bytes(data), 1).image)
    assert np.array_equal(result, image[:33, :, 0])
