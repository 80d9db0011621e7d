# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""metadata=none, copyright and keep, from every format into every format; ExifTool and Pillow judge."""
import json
import os
import struct
import subprocess

import numpy as np
import pytest
from PIL import Image

from samples import files, heif, tiff
from samples.metadata import XMP, block

SIZE = 64, 48
# By ExifTool, into every kind of place; -n: numbers as numbers.
TAGS = {"EXIF:Artist": "An Artist", "EXIF:Copyright": "(c) Somebody", "EXIF:ImageDescription": "a description",
        "EXIF:Make": "A", "EXIF:ISO": 200, "EXIF:ExposureTime": 0.01, "EXIF:UserComment": "x" * 300,
        "EXIF:GPSLatitude": 52.52, "EXIF:GPSLatitudeRef": "N", "EXIF:InteropIndex": "R98"}
DATASETS = {"IPTC:Headline": "A headline", "IPTC:Keywords": ["one", "two", "three"]}
SOURCES = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIC"]
RESULTS = ["jpeg", "png", "webp", "tiff", "avif"]
WITH_DATASETS = {"JPEG", "TIFF"}, {"jpeg", "png", "tiff"}


class ExifTool:
    """One process for all: starting takes longer than most files."""

    def __init__(self):
        self.process = subprocess.Popen(["exiftool", "-stay_open", "True", "-@", "-"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def run(self, *words):
        self.process.stdin.write("\n".join([*map(str, words), "-execute", ""]).encode())
        self.process.stdin.flush()
        out = b""
        while not out.endswith(b"{ready}\n"):
            out += self.process.stdout.readline()
        return out[:-len(b"{ready}\n")]

    def stop(self):
        self.process.stdin.write(b"-stay_open\nFalse\n")
        self.process.communicate()


@pytest.fixture(scope="module", autouse=True)
def tool():
    ExifTool.one = ExifTool()
    yield
    ExifTool.one.stop()


def exiftool(data, path, *options):
    """What ExifTool finds, by group and name."""
    path.write_bytes(data)
    return json.loads(ExifTool.one.run("-json", "-n", "-G0", *options, path))[0]


def tagged(data, path, *options):
    """With these tags in it, written by ExifTool."""
    path.write_bytes(data)
    assert b"1 image files updated" in ExifTool.one.run("-n", "-overwrite_original", *options, path)
    return path.read_bytes()


def plain(kind, order=None):
    pixels = np.asarray(files.image(*SIZE))
    if kind in ("AVIF", "HEIC"):
        return heif.encode(pixels, kind=kind)
    if kind == "TIFF":
        return tiff.write(pixels, 2, order=order or "<")
    return files.encode(files.image(*SIZE), kind, **({"lossless": True} if kind == "WEBP" else {}))


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A file of each format with all of it."""
    folder = tmp_path_factory.mktemp("sources")
    packet = folder / "packet.xmp"
    packet.write_bytes(XMP)
    words = [f"-{name}={value}" for name, value in TAGS.items()] + ["-EXIF:Orientation=6"]
    words += ["-EXIF:ExifImageWidth=64", "-EXIF:ExifImageHeight=48", f"-XMP<={packet}"]
    made = {}
    for kind in SOURCES:
        iptc = [f"-{name}={one}" for name, value in DATASETS.items()
                for one in (value if isinstance(value, list) else [value])]
        more = (iptc if kind in WITH_DATASETS[0] else []) + (["-Comment=a comment"] if kind == "JPEG" else [])
        made[kind] = tagged(plain(kind), folder / f"source.{kind.lower()}", *words, *more)
    return made


@pytest.fixture
def ask(tmp_path, worker):
    """The result of a query."""
    def run(query, data):
        source, result = tmp_path / "source", tmp_path / "result"
        source.write_bytes(data)
        result.unlink(missing_ok=True)
        status, message, _ = worker.run(["do", query, source, result])
        assert status == 0, message
        return result.read_bytes()
    return run


def close(found, expected):
    return found == pytest.approx(expected) if isinstance(expected, (int, float)) else found == expected


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("kind", SOURCES)
def test_everything_is_kept(ask, sources, tmp_path, kind, result):
    """EXIF with GPS, XMP and, where it has a place, IPTC; no orientation, no size but the result's."""
    data = ask(f"metadata=keep&format={result}&width=30", sources[kind])
    found = exiftool(data, tmp_path / "found")
    for name, value in TAGS.items():
        assert close(found.get(name), value), name
    assert found["XMP:City"] == "Berlin" and found["XMP:Format"] == "image/jpeg"
    if kind in WITH_DATASETS[0] and result in WITH_DATASETS[1]:
        for name, value in DATASETS.items():
            assert found.get(name, found.get(name.replace("IPTC", "PNG"))) == value, name
    if kind == "JPEG" and result == "jpeg":
        assert found["File:Comment"] == "a comment"
    if kind == "JPEG" and result == "png":
        assert found["PNG:Comment"] == "a comment"
    image = files.decode(data) if result != "avif" else heif.decode(data, "AVIF")
    width, height = image.size if result != "avif" else (image.shape[1], image.shape[0])
    assert width == 30
    assert (found["EXIF:ExifImageWidth"], found["EXIF:ExifImageHeight"]) == (width, height)
    assert "XMP:Orientation" not in found and "XMP:ImageWidth" not in found and "XMP:ImageHeight" not in found
    assert found.get("EXIF:Orientation", 1) == 1
    assert b"c2VjcmV0" not in data
    assert not [name for name in found if "Warning" in name or "Error" in name], found


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("kind", SOURCES)
def test_copyright_alone(ask, sources, tmp_path, kind, result):
    """EXIF's Artist and Copyright and nothing else; with none nothing at all."""
    for query, expected in (("metadata=copyright", {"EXIF:Artist", "EXIF:Copyright"}), ("metadata=none", set()),
                            ("width=64", set())):
        data = ask(f"{query}&format={result}", sources[kind])
        found = exiftool(data, tmp_path / "found", "-EXIF:all", "-XMP:all", "-IPTC:all", "-PNG:Comment",
                         "-File:Comment", "-GPS:all")
        if result == "tiff": # its own tags
            found = {name: found[name] for name in found if name in TAGS or not name.startswith("EXIF")}
        assert {name for name in found if name[0].isupper() and ":" in name} - {"EXIF:ExifByteOrder"} == expected
        assert b"a description" not in data and b"Berlin" not in data and b"headline" not in data


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("kind", SOURCES)
def test_pixels_stay(ask, sources, tmp_path, kind, result):
    """The same file, but for what was inserted: every decoder reads the same pixels."""
    def decode(data):
        return np.asarray(files.decode(data)) if result != "avif" else heif.decode(data, "AVIF")
    without, kept = [ask(f"format={result}&width=40&metadata={value}", sources[kind]) for value in ("none", "keep")]
    assert (decode(without) == decode(kept)).all()
    assert len(kept) > len(without)


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
def test_byte_orders(ask, tmp_path, result, order, big):
    """Of a TIFF of either order, classic and BigTIFF: numbers keep their values."""
    pixels = np.asarray(files.image(*SIZE))
    source = tiff.write(pixels, 2, order=order, big=big)
    if big: # which ExifTool does not write
        at = struct.unpack_from(order + "Q", source, 8)[0]
        count = struct.unpack_from(order + "Q", source, at)[0]
        entries = [source[at + 8 + 20 * i:at + 28 + 20 * i] for i in range(count)]
        text = len(source)
        extra = [struct.pack(order + "HHQQ", 0x013B, 2, 10, text), struct.pack(order + "HHQHHHH", 0x4746, 3, 1, 4, 0, 0, 0)]
        extra[0] = struct.pack(order + "HHQQ", 0x013B, 2, 10, text)
        moved = text + 10
        directory = struct.pack(order + "Q", count + 2) + b"".join(sorted(
            entries + extra, key=lambda entry: struct.unpack_from(order + "H", entry)[0])) + bytes(8)
        source = source[:8] + struct.pack(order + "Q", moved) + source[16:] + b"An Artist\0" + directory
        expected = {"EXIF:Artist": "An Artist", "EXIF:Rating": 4}
    else:
        expected = {**TAGS, "EXIF:Rating": 4}
        source = tagged(source, tmp_path / "s.tif", *[f"-{name}={value}" for name, value in expected.items()])
    found = exiftool(ask(f"metadata=keep&format={result}", source), tmp_path / "found")
    for name, value in expected.items():
        assert close(found.get(name), value), name


def exif_of(data, path):
    path.write_bytes(data)
    return ExifTool.one.run("-b", "-Exif", path)


@pytest.mark.parametrize("at", [100, 200, 5000])
@pytest.mark.parametrize("result", ["jpeg", "png", "webp", "avif"])
def test_makers_notes_stay_where_they_are(ask, tmp_path, at, result):
    """They have offsets in the whole block, which no one else can correct."""
    note = bytes(range(1, 200))
    whole = block([(0x013B, 2, 4, b"Me\0\0")], [(0x927C, 7, len(note), struct.pack("<I", at)),
                                              (0xA002, 4, 1, struct.pack("<I", 64))])
    whole = whole.ljust(at, b"\0") + note
    body = files.encode(files.image(*SIZE), "JPEG", exif=b"Exif\0\0" + whole)
    data = ask(f"metadata=keep&format={result}&width=20", body)
    kept = exif_of(data, tmp_path / "kept")
    kept = kept[kept.index(b"II*\0"):]
    assert kept[at:at + len(note)] == note
    assert exiftool(data, tmp_path / "found")["EXIF:ExifImageWidth"] == 20


def test_what_does_not_fit_a_segment(ask, tmp_path):
    """Of a block that no JPEG holds, the largest values go; in a PNG it stays whole."""
    text = b"x" * 70000 + b"\0"
    whole = block([(0x013B, 2, 4, b"Me\0\0"), (0x010E, 2, len(text), struct.pack("<I", 38))], tail=text)
    source = files.encode(files.image(*SIZE), "PNG", exif=whole)
    for result, description in (("jpeg", False), ("png", True), ("avif", True)):
        found = exiftool(ask(f"metadata=keep&format={result}", source), tmp_path / "found")
        assert found["EXIF:Artist"] == "Me" and ("EXIF:ImageDescription" in found) == description


@pytest.mark.parametrize("damage", ["circle", "outside", "overlap", "empty", "text"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_hostile_blocks(ask, tmp_path, kind, damage):
    """Whatever the block says, the image is answered, and what is added is bounded."""
    wide = struct.pack("<I", 8)
    blocks = {
        "circle": block([(0x013B, 2, 4, b"Me\0\0"), (0x8825, 4, 1, wide), (0x8769, 4, 1, wide)]),
        "outside": block([(0x013B, 2, 4, b"Me\0\0"), (0x010E, 2, 100, struct.pack("<I", 1 << 31)),
                          (0x010F, 2, 1 << 31, wide), (0x8825, 4, 1, struct.pack("<I", 1 << 30))]),
        "overlap": block([(tag, 1, 40000, wide) for tag in range(0x4000, 0x4100)] + [(0x013B, 2, 4, b"Me\0\0")],
                         tail=bytes(40000)),
        "empty": b"II*\0\x08\0\0\0\0\0", "text": b"Exif?" * 20,
    }
    source = files.encode(files.image(*SIZE), kind, exif=b"Exif\0\0" * (kind == "JPEG") + blocks[damage])
    for result in RESULTS:
        data = ask(f"metadata=keep&format={result}", source)
        found = exiftool(data, tmp_path / "found")
        assert (found["File:FileType"].lower().removeprefix("extended "), found.get("EXIF:Artist")) == \
            (result, "Me" if damage in ("circle", "outside", "overlap") else None)
        assert len(data) < 2 << 20


@pytest.mark.parametrize("query, path", [
    ("width=32", "jpeg-planes"), ("gray=luma", "jpeg-luma-copy"), ("rotate=90&quality=80", "jpeg-planes"),
    ("lossless=true", "jpeg-copy"), ("width=32&format=webp", "jpeg-planes"), ("width=32&format=avif", "jpeg-planes"),
])
def test_fast_paths_stay(tmp_path, sources, query, path):
    """Metadata are inserted after the encoder, so that no JPEG takes another path for them."""
    source, result = tmp_path / "source", tmp_path / "result"
    source.write_bytes(sources["JPEG"])
    out = subprocess.run([os.environ["IMAGE_CLI"], "do", f"metadata=keep&{query}", source, result, "1"],
                         capture_output=True, text=True, check=True).stdout
    assert f"path {path}" in out
    found = exiftool(result.read_bytes(), tmp_path / "found")
    assert found["EXIF:Artist"] == "An Artist" and "EXIF:Orientation" not in found
    assert found["XMP:City"] == "Berlin" and ("IPTC:Headline" in found) == ("format" not in query)


def test_gif(ask, sources, tmp_path):
    """GIF has places for XMP and a comment, and none for EXIF."""
    data = ask("metadata=keep&format=gif", sources["JPEG"])
    found = exiftool(data, tmp_path / "found")
    assert found["XMP:City"] == "Berlin" and found["File:Comment"] == "a comment"
    assert "EXIF:Artist" not in found
    for query in ("metadata=keep", "metadata=keep&scale=0.5", "metadata=keep&gray=luma"):
        again = ask(query, data)
        found = exiftool(again, tmp_path / "found")
        assert found["XMP:City"] == "Berlin" and found["File:Comment"] == "a comment"
        assert files.decode(again).size == (24, 32) if "scale" in query else (48, 64)
    found = exiftool(ask("metadata=keep&format=png", data), tmp_path / "found")
    assert found["XMP:City"] == "Berlin" and found["PNG:Comment"] == "a comment"
    assert b"Berlin" not in ask("metadata=copyright", data)


def test_animations(ask, tmp_path):
    """Each of them keeps its frames."""
    exif = files.exif(1, gps=True)[6:]
    for kind, results in (("WEBP", ("webp", "gif")), ("GIF", ("webp", "gif"))):
        body = files.animation(kind, **({"exif": exif, "xmp": XMP} if kind == "WEBP" else {"comment": b"hello"}))
        for result in results:
            data = ask(f"metadata=keep&format={result}", body)
            path = tmp_path / "animation"
            path.write_bytes(data)
            with Image.open(path) as image:
                assert image.n_frames == 5 and image.format == result.upper()
            found = exiftool(data, tmp_path / "found")
            if kind == "WEBP":
                assert found["XMP:City"] == "Berlin"
                assert ("EXIF:GPSLatitude" in found) == (result == "webp")
            elif result == "gif":
                assert found["File:Comment"] == "hello"


def test_pages(ask, tmp_path):
    """The first page of a TIFF has them; the others stay."""
    pages = [files.image(*SIZE, seed=seed) for seed in range(3)]
    source = tagged(files.encode(pages[0], "TIFF", save_all=True, append_images=pages[1:]), tmp_path / "s.tif",
                    "-EXIF:Artist=Me", "-XMP:City=Berlin")
    data = ask("metadata=keep&rotate=90", source)
    (tmp_path / "pages.tif").write_bytes(data)
    with Image.open(tmp_path / "pages.tif") as image:
        assert image.n_frames == 3 and image.size == (48, 64)
        for number, page in enumerate(pages):
            image.seek(number)
            assert (np.asarray(image) == np.asarray(page.transpose(Image.ROTATE_270))).all()
    found = exiftool(data, tmp_path / "found")
    assert found["EXIF:Artist"] == "Me" and found["XMP:City"] == "Berlin"


def test_text_of_a_png(ask, tmp_path):
    """Chunks of text stay in a PNG, but for those that repeat EXIF."""
    path = tmp_path / "text.png"
    plain_png = plain("PNG")
    subprocess.run(["convert", "png:-", "-set", "Title", "A title", "-set", "exif:Orientation", "6", path],
                   input=plain_png, check=True)
    data = ask("metadata=keep&rotate=90", path.read_bytes())
    assert exiftool(data, tmp_path / "found")["PNG:Title"] == "A title"
    assert b"exif:Orientation" not in data
    assert b"A title" not in ask("metadata=copyright", path.read_bytes())


def test_thumbnails_go(ask, tmp_path, sources):
    """ExifTool's thumbnail, of every container that has one."""
    thumbnail = tmp_path / "thumbnail.jpg"
    thumbnail.write_bytes(files.jpeg(16, 12))
    for kind in ("JPEG", "WEBP", "PNG", "HEIC"):
        source = tagged(sources[kind], tmp_path / f"s.{kind.lower()}", f"-ThumbnailImage<={thumbnail}")
        assert thumbnail.read_bytes() in source
        for result in RESULTS:
            data = ask(f"metadata=keep&format={result}", source)
            assert thumbnail.read_bytes() not in data
            assert exiftool(data, tmp_path / "found")["EXIF:Artist"] == "An Artist"
