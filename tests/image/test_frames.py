# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Animations and pages: every frame, on its own, shown as long and as often as before."""
import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageSequence

from samples import files
from support.judges import psnr

CORRUPT = 9
DURATIONS = [50, 90, 120, 40]


def frames(data):
    image = Image.open(io.BytesIO(data))
    return [(frame.convert("RGBA"), frame.info.get("duration"))
            for frame in ImageSequence.Iterator(image)], image.info.get("loop")


def flat_frames():
    """One strong colour a frame, so that any bleeding shows."""
    colours = [(250, 10, 10), (10, 250, 10), (10, 10, 250), (250, 250, 10)]
    return [Image.new("RGB", (41, 31), colour) for colour in colours]


def animation(file_format, images, **options):
    return files.encode(images[0], file_format, save_all=True, append_images=images[1:],
                        duration=DURATIONS, loop=3, **options)


KINDS = {"gif": ("GIF", {}), "webp": ("WEBP", {"quality": 90}),
         "lossless webp": ("WEBP", {"lossless": True})}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_frames_delays_and_loop(image_cli, kind, operation):
    file_format, options = KINDS[kind]
    data = animation(file_format, flat_frames(), **options)
    before, loop = frames(data)
    after, loop_after = frames(image_cli(operation, data).data)
    assert loop_after == loop
    assert [duration for _, duration in after] == [duration for _, duration in before]
    for (source, _), (result, _) in zip(before, after):
        assert result.size == ((41, 31) if operation == "gray" else (21, 16))
        expected = source.convert("L").convert("RGB") if operation == "gray" else source
        difference = np.asarray(result.convert("RGB")).astype(int) - np.asarray(
            expected.convert("RGB").resize(result.size)).astype(int)
        assert np.abs(difference).max() <= (2 if "lossless" in kind or kind == "gif" else 12)


def shaded_frames():
    """No row like another, so that a row of another frame or place shows."""
    return [files.image(41, 31, seed=seed) for seed in range(3)]


@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
@pytest.mark.parametrize("operation, factor", [("gray", 1), ("scale", 1), ("scale", 0.5)])
def test_turned_frames(image_cli, operation, factor, orientation):
    """Each as if it were alone, and the same however often it is asked."""
    turn = {1: None, 3: Image.ROTATE_180, 6: Image.ROTATE_270, 7: Image.TRANSVERSE}[orientation]
    data = files.encode(shaded_frames()[0], "WEBP", save_all=True, append_images=shaded_frames()[1:],
                        duration=50, lossless=True, exif=files.exif(orientation))
    results = {image_cli(operation, data, factor).data for _ in range(3)}
    assert len(results) == 1
    after, _ = frames(results.pop())
    for source, (result, _) in zip(shaded_frames(), after):
        expected = source.convert("L").convert("RGB") if operation == "gray" else source
        if factor != 1:
            expected = expected.resize((21, 16), Image.LANCZOS)
        if turn is not None:
            expected = expected.transpose(turn)
        assert result.size == expected.size
        difference = np.asarray(result.convert("RGB")).astype(int) - np.asarray(expected)
        assert np.abs(difference).max() <= (3 if factor == 1 else 10)


def durations(data):
    """Of the frames of an animated WebP, in milliseconds, as the file has them."""
    found, at = [], 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"ANMF":
            found.append(int.from_bytes(data[at + 20:at + 23], "little"))
        at += 8 + size + size % 2
    return found


@pytest.mark.parametrize("delays", [[0, 0, 0, 0], [1, 5, 10, 11], [40, 0, 100000, 3]], ids=str)
@pytest.mark.parametrize("kind", ["webp", "lossless webp"])
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_delays_of_a_webp_however_short(image_cli, operation, kind, delays):
    data = bytearray(animation("WEBP", flat_frames(), **KINDS[kind][1]))
    places = [at for at in range(len(data)) if data[at:at + 4] == b"ANMF"]
    for at, delay in zip(places, delays):
        data[at + 20:at + 23] = delay.to_bytes(3, "little")
    assert durations(data) == delays
    assert durations(image_cli(operation, bytes(data)).data) == delays


@pytest.mark.parametrize("kind", ["webp", "lossless webp"])
@pytest.mark.parametrize("transparent", [False, True])
def test_frames_that_look_alike_stay_apart(image_cli, kind, transparent):
    """A dot comes and goes, which 1 % of the image does not show."""
    first = Image.new("RGBA", (200, 100), (200, 100, 50, 128 if transparent else 255))
    first.paste((10, 20, 200, 255), (40, 20, 120, 70))
    second = first.copy()
    second.paste((255, 255, 255, 255), (91, 55, 94, 58))
    data = files.encode(first, "WEBP", save_all=True, append_images=[second, first], duration=[9, 70, 30],
                        loop=2, **KINDS[kind][1])
    assert durations(data) == [9, 70, 30]
    for operation, factor in (("gray", 1), ("scale", 1), ("scale", 0.5), ("scale", 0.01)):
        result = image_cli(operation, data, factor).data
        assert durations(result) == [9, 70, 30]
        assert frames(result)[1] == 2
        assert Image.open(io.BytesIO(result)).mode == ("RGBA" if transparent else "RGB")
    gray = [frame for frame, _ in frames(image_cli("gray", data).data)[0]]
    for (source, _), result in zip(frames(data)[0], gray):
        assert np.abs(np.asarray(result.convert("LA")).astype(int) -
                      np.asarray(source.convert("LA"))).max() <= (1 if "lossless" in kind else 8)


@pytest.mark.parametrize("loop", [None, 0, 1, 5])
@pytest.mark.parametrize("file_format", ["GIF", "WEBP"])
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_loop_counts(image_cli, file_format, loop, operation):
    images = flat_frames()
    options = {} if loop is None else {"loop": loop}
    data = files.encode(images[0], file_format, save_all=True, append_images=images[1:],
                        duration=100, **options)
    assert frames(image_cli(operation, data).data)[1] == frames(data)[1]


def test_gray_gif_is_exact_with_odd_frames(image_cli):
    """Frames that cover a part, are transparent, and are disposed of in every way."""
    rng = np.random.default_rng(3)
    images = [Image.fromarray(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)).quantize(32)
              for _ in range(4)]
    data = files.encode(images[0], "GIF", save_all=True, append_images=images[1:],
                        duration=DURATIONS, disposal=[1, 2, 3, 0], transparency=3)
    before, _ = frames(data)
    after, _ = frames(image_cli("gray", data).data)
    assert len(after) == len(before)
    for (source, _), (result, _) in zip(before, after):
        assert np.array_equal(np.asarray(result)[..., 0], np.asarray(source.convert("L")))
        assert np.array_equal(np.asarray(result)[..., 3], np.asarray(source)[..., 3])


@pytest.mark.parametrize("factor", [0.999, 1])
def test_a_gif_of_the_same_size_keeps_its_colours(image_cli, factor):
    images = [Image.fromarray(np.random.default_rng(seed).integers(0, 256, (30, 40, 3),
                                                                   dtype=np.uint8)).quantize(256)
              for seed in range(3)]
    data = files.encode(images[0], "GIF", save_all=True, append_images=images[1:],
                        duration=[10, 0, 70], comment=b"secret")
    result = image_cli("scale", data, factor).data
    assert b"secret" in data and b"secret" not in result
    for (source, delay), (after, delay_after) in zip(frames(data)[0], frames(result)[0], strict=True):
        assert np.array_equal(np.asarray(after), np.asarray(source)) and delay_after == delay


@pytest.mark.parametrize("colours", [2, 8, 32, 256])
@pytest.mark.parametrize("factor", [0.3, 0.5])
def test_a_gif_of_few_colours_gets_those_between(image_cli, colours, factor):
    drawing = Image.new("RGB", (320, 240), "white")
    for at in range(0, 320, 16):
        ImageDraw.Draw(drawing).line((at, 0, 320 - at, 240), fill="black")
    ImageDraw.Draw(drawing).ellipse((50, 50, 200, 200), fill="red")
    source = drawing.quantize(colours)
    data = files.encode(source, "GIF")
    result = image_cli("scale", data, factor).image.convert("RGB")
    expected = source.convert("RGB").resize(result.size, Image.LANCZOS)
    assert psnr(np.asarray(result), np.asarray(expected)) > 34


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_a_cut_animation_is_refused(image_cli, kind, operation):
    file_format, options = KINDS[kind]
    data = animation(file_format, flat_frames(), **options)
    for cut in range(30, len(data) - 1, max(1, len(data) // 25)):
        assert image_cli(operation, data[:cut]).status == CORRUPT, cut


@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_all_pages_of_a_tiff(image_cli, operation):
    images = flat_frames()
    data = files.encode(images[0], "TIFF", save_all=True, append_images=images[1:])
    after, _ = frames(image_cli(operation, data).data)
    assert len(after) == len(images)
    for source, (result, _) in zip(images, after):
        expected = source.convert("L").convert("RGB") if operation == "gray" else source
        assert result.size == ((41, 31) if operation == "gray" else (21, 16))
        assert np.abs(np.asarray(result.convert("RGB")).astype(int) -
                      np.asarray(expected.resize(result.size)).astype(int)).max() <= 1


@pytest.mark.parametrize("compression", [None, "tiff_adobe_deflate"])
@pytest.mark.parametrize("height", [47, 90, 300])
def test_pages_of_any_height_are_reduced(image_cli, height, compression):
    """Strips of the file and pages that end at different rows."""
    images = [Image.fromarray(np.random.default_rng(seed).integers(
        0, 256, (height // 8 + 1, 8, 3), dtype=np.uint8)).resize((61, height)) for seed in range(4)]
    data = files.encode(images[0], "TIFF", save_all=True, append_images=images[1:],
                        compression=compression, strip_size=1 << 20)
    after, _ = frames(image_cli("scale", data).data)
    assert len(after) == len(images)
    for source, (result, _) in zip(images, after):
        expected = np.asarray(source.resize(result.size, Image.LANCZOS)).astype(int)
        assert np.abs(np.asarray(result.convert("RGB")) - expected).max() <= 6


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_pages_that_are_cut_off_are_missed(image_cli, operation, compression):
    images = flat_frames()
    data = files.encode(images[0], "TIFF", save_all=True, append_images=images[1:],
                        compression=compression)
    whole = image_cli(operation, data)
    assert whole.status == 0
    for cut in range(len(data) // 20, len(data), len(data) // 20):
        result = image_cli(operation, data[:cut])
        assert result.status == CORRUPT or result.data == whole.data, cut # padding at the end


def test_pages_that_differ_leave_the_first(image_cli):
    images = [Image.new("RGB", (40, 30), "red"), Image.new("RGB", (20, 15), "blue")]
    data = files.encode(images[0], "TIFF", save_all=True, append_images=images[1:])
    after, _ = frames(image_cli("scale", data).data)
    assert len(after) == 1 and after[0][0].size == (20, 15)


def test_frames_count_as_pixels(image_cli):
    data = animation("GIF", flat_frames())
    assert image_cli("scale", data, MAX_PIXELS=4 * 41 * 31).status == 0
    assert image_cli("scale", data, MAX_PIXELS=4 * 41 * 31 - 1).status == 10


# --- from one format to another ---------------------------------------------------------------------

def animated(file_format, **options):
    shades = [Image.fromarray(np.full((20, 30, 3), [shade, 100, 255 - shade], np.uint8)) for shade in (0, 90, 200)]
    return files.encode(shades[0], file_format, save_all=True, append_images=shades[1:], duration=[50, 120, 700],
                        **({"lossless": True} if file_format == "WEBP" else {}), **options)


@pytest.mark.parametrize("plays", [0, 1, 2, 5, 65535])
@pytest.mark.parametrize("query", ["", "&crop=0,0,20,20"])
@pytest.mark.parametrize("target", ["gif", "webp"])
@pytest.mark.parametrize("source", ["GIF", "WEBP"])
def test_an_animation_plays_as_often_as_before(image_cli, source, target, query, plays):
    """A GIF says how often it is repeated once it was shown, or nothing; a WebP how often it is shown."""
    repeats = {} if source == "GIF" and plays == 1 else {"loop": plays - 1 if source == "GIF" and plays else plays}
    result = image_cli("do", animated(source, **repeats), f"format={target}{query}").image
    expected = None if target == "gif" and plays == 1 else plays - 1 if target == "gif" and plays else plays
    assert result.n_frames == 3 and result.info.get("loop") == expected


@pytest.mark.parametrize("effort", range(10))
def test_efforts_of_gif(image_cli, effort):
    """The same frames; effort is the time for palettes."""
    result = image_cli("do", animated("WEBP"), f"format=gif&effort={effort}").image
    assert result.n_frames == 3
    result.seek(2)
    assert result.convert("RGB").getpixel((5, 5)) == (200, 100, 55)


def opaque_gif(frames=1, **options):
    return files.encode(files.image(30, 20).quantize(16), "GIF", **options) if frames == 1 else animated("GIF")


@pytest.mark.parametrize("query", ["format=png", "format=png&width=10", "animated=false&format=webp", "animated=false&format=tiff"])
@pytest.mark.parametrize("frames", [1, 3])
def test_an_opaque_gif_has_no_alpha(image_cli, frames, query):
    assert image_cli("do", opaque_gif(frames), query).image.mode == "RGB"


def test_a_gif_with_holes_has_alpha(image_cli):
    """By a transparent index, or a frame that does not cover the screen."""
    holes = [opaque_gif(transparency=3)]
    small = bytearray(opaque_gif())
    small[6:8] = (40).to_bytes(2, "little") # the screen is wider than the frame
    holes.append(bytes(small))
    for data in holes:
        assert image_cli("do", data, "format=png").image.mode == "RGBA"
