# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Lossy WebP in its own planes, with alpha and metadata; lossless that stays so."""
import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from samples import files, webp


CORRUPT, TOO_LARGE, RESULT_TOO_LARGE = 9, 10, 18 # enum status
OPERATIONS = [("gray", 1), ("scale", 1), ("scale", 0.5)]


def smooth(bands, height=96, width=144):
    small = np.random.default_rng(6).integers(0, 256, (4, 6, bands), dtype=np.uint8)
    planes = [Image.fromarray(small[..., i]).resize((width, height), Image.BICUBIC)
              for i in range(bands)]
    return Image.fromarray(np.stack([np.asarray(plane) for plane in planes], axis=-1))


def values(image):
    return np.asarray(image).astype(int)


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("size", [(96, 144), (61, 83), (1, 7), (7, 1)])
def test_gray(image_cli, bands, size):
    data = files.encode(smooth(bands, *size), "WEBP", quality=95)
    source, gray = files.decode(data), image_cli("gray", data, quality=100).image
    assert gray.mode == source.mode
    assert np.ptp(values(gray)[..., :3], axis=-1).max() <= 1 # as libwebp turns gray into RGB
    visible = values(source.convert("RGBA"))[..., 3] > 0
    difference = np.abs(values(gray.convert("RGB").convert("L")) -
                        values(source.convert("RGB").convert("L")))[visible]
    assert difference.mean() < 1 and difference.max() <= 6
    if bands == 4:
        assert np.array_equal(values(gray)[..., 3], values(source)[..., 3])


@pytest.mark.parametrize("factor", [0.25, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("size", [(150, 250), (151, 217)])
@pytest.mark.parametrize("bands", [3, 4])
def test_smaller(image_cli, bands, size, factor):
    """Odd sizes too: a colour beside its place shows here."""
    data = files.encode(smooth(bands, *size), "WEBP", quality=95)
    result = image_cli("scale", data, factor, quality=100).image
    premultiplied = "RGBa" if bands == 4 else "RGB"
    expected = files.decode(data).convert(premultiplied).resize(result.size, Image.LANCZOS)
    difference = np.abs(values(result.convert(premultiplied)) - values(expected))
    assert result.mode == ("RGBA" if bands == 4 else "RGB")
    assert difference.mean() < 1.8
    if bands == 4:
        assert difference[..., 3].max() <= 2


def test_invisible_colours_do_not_bleed(image_cli):
    """Transparent green beside red, at the edge of the encoder's blocks, where it keeps both."""
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :32] = [255, 0, 0, 255]
    pixels[:, 32:] = [0, 255, 0, 0]
    data = files.encode(Image.fromarray(pixels), "WEBP", quality=100, exact=True)
    result = values(image_cli("scale", data, 0.3, quality=100).image)
    visible = result[result[..., 3] > 40]
    assert visible[:, 0].min() >= 235 and visible[:, 1].max() <= 16


@pytest.mark.parametrize("alpha", [False, True])
def test_the_profile_is_kept_or_heeded(image_cli, alpha):
    profile = files.wide_profile()
    source = smooth(4 if alpha else 3)
    data = files.encode(source, "WEBP", quality=95, icc_profile=profile)
    assert image_cli("scale", data).image.info["icc_profile"] == profile
    gray = image_cli("gray", data, quality=100).image
    assert "icc_profile" not in gray.info
    expected = ImageCms.profileToProfile(
        files.decode(data).convert("RGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"), renderingIntent=1)
    visible = values(files.decode(data).convert("RGBA"))[..., 3] > 0
    difference = np.abs(values(gray.convert("RGB").convert("L")) - values(expected.convert("L")))
    assert difference[visible].mean() < 1.5


def test_an_srgb_profile_changes_nothing(image_cli):
    source = smooth(3)
    plain = image_cli("gray", files.encode(source, "WEBP", quality=95)).data
    tagged = files.encode(source, "WEBP", quality=95, icc_profile=files.srgb_profile())
    assert image_cli("gray", tagged).data == plain


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_orientation_with_alpha(image_cli, operation, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = files.encode(smooth(4), "WEBP", quality=95, exif=exif)
    result = image_cli(operation, data, 1, quality=100).image
    assert result.size == ((144, 96) if orientation == 1 else (96, 144))
    assert not result.getexif()


@pytest.mark.parametrize("bands", [3, 4])
def test_lossless_gray_is_exact(image_cli, bands):
    """Of what packs well and of what does not: the effort differs, the pixels do not."""
    noise = np.random.default_rng(1).integers(0, 256, (61, 83, bands), dtype=np.uint8)
    for source in (Image.fromarray(noise), smooth(bands)):
        data = files.encode(source, "WEBP", lossless=True, exact=True)
        gray = image_cli("gray", data).image
        assert np.array_equal(values(gray)[..., 0], values(source.convert("RGB").convert("L")))


@pytest.mark.parametrize("size", [(33, 33), (17, 65), (201, 153)], ids=str)
def test_one_pixel_has_the_mean(image_cli, size):
    """Chroma that stands for two pixels of the result, of which there is one, lies where that one is."""
    width, height = size
    pixels = np.full((height, width, 3), (150, 60, 90), np.uint8)
    pixels[:, :width // 3] = (40, 90, 150)
    data = files.encode(Image.fromarray(pixels), "WEBP", quality=98)
    result = image_cli("scale", data, 0.6 / max(size), quality=100).image
    expected = files.decode(data).convert("RGB").resize((1, 1), Image.LANCZOS)
    assert result.size == (1, 1)
    assert np.abs(values(result.convert("RGB")) - values(expected)).max() <= 3


KINDS = {"lossy": (3, {}), "lossy with alpha": (4, {}), "lossless": (3, {"lossless": True}),
         "lossless with alpha": (4, {"lossless": True})}
SIZE = (96, 64) # as smooth(bands, 64, 96) has it


def parts_of(kind):
    """An extended file's chunks: VP8X, perhaps ALPH, the image."""
    bands, options = KINDS[kind]
    found = list(webp.chunks(files.encode(smooth(bands, 64, 96), "WEBP", **options)))
    if found[0][0] == b"VP8X":
        return found
    return [webp.canvas(*SIZE, webp.ALPHA if bands == 4 else 0), *found]


def shortened(parts, name, by):
    return [(n, content[:-by] if n == name else content) for n, content in parts]


def harmless(parts):
    good = webp.write(parts)
    odd = webp.write(parts + [(b"EXIF", b"abc")])
    head, flags = parts[0], parts[0][1][0]
    return {
        "bytes behind the end": good + b"hello", "a chunk behind the end": good + webp.chunk(b"VP8 ", b""),
        "unknown chunks": webp.write([head, (b"ABCD", b"odd"), *parts[1:], (b"WXYZ", b"hello")]),
        "no padding at the end": odd[:-1], "no padding, not counted": webp.resized(odd[:-1], 0),
        "metadata that is not there": webp.write([webp.canvas(*SIZE, flags | webp.EXIF | webp.XMP |
                                                              webp.PROFILE), *parts[1:]]),
        "metadata that is not announced": webp.write(parts + [(b"EXIF", files.exif(6)[6:])]),
        "broken metadata": webp.write([webp.canvas(*SIZE, flags | webp.EXIF | webp.PROFILE),
                                       (b"ICCP", b"?"), *parts[1:], (b"EXIF", b"II*\0\xff\xff\xff\xff")]),
        "reserved bits": webp.write([webp.canvas(*SIZE, flags | 0xc1), *parts[1:]]),
        "a longer header": webp.write([(b"VP8X", head[1] + b"abcd"), *parts[1:]]),
        "more behind the image": webp.write([*parts[:-1], (parts[-1][0], parts[-1][1] + b"abcd")]),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_harmless_in_a_container_passes(image_cli, kind):
    parts = parts_of(kind)
    for operation, factor in OPERATIONS:
        expected = image_cli(operation, webp.write(parts), factor).image
        for name, data in harmless(parts).items():
            result = image_cli(operation, data, factor)
            assert result.status == 0, f"{operation} {name}: {result.message}"
            assert result.image.mode == expected.mode
            assert np.array_equal(result.image, expected), f"{operation} {name}"


def broken(parts):
    good = webp.write(parts)
    head, image = parts[0], parts[-1]
    flags, half = head[1][0], len(image[1]) // 2
    found = {
        f"says {change} bytes more than there are": webp.resized(good, change) for change in (2, 100, 1 << 20)
    } | {
        f"says {change} bytes less": webp.resized(good, -change) for change in (2, 100, len(good) - 8)
    } | {
        f"cut by {bytes_}": good[:-bytes_] for bytes_ in (2, 50, half)
    } | {
        f"an image shorter by {by}": webp.write(shortened(parts, image[0], by)) for by in (8, 50, half)
    } | {
        f"a canvas of {size}": webp.write([webp.canvas(*size, flags), *parts[1:]])
        for size in ((97, 64), (95, 64), (96, 63), (64, 96), (960, 640))
    } | {
        "two images": webp.write(parts + [image]),
        "no image": webp.write(parts[:-1]),
        "a header too short": webp.write([(b"VP8X", head[1][:8]), *parts[1:]]),
        "an animation without frames": webp.write([webp.canvas(*SIZE, flags | webp.ANIMATION), *parts[1:]]),
        "a chunk longer than the file": webp.resized(webp.write(parts + [(b"EXIF", bytes(100))])[:-50], 0),
        "an image of no bytes": webp.write([*parts[:-1], (image[0], b"")]),
        "another kind of image": webp.write([*parts[:-1], ({b"VP8 ": b"VP8L", b"VP8L": b"VP8 "}[image[0]],
                                                              image[1])]),
    }
    if parts[1][0] == b"ALPH":
        alpha = parts[1]
        found |= {
            "alpha behind the image": webp.write([head, image, alpha]),
            "alpha twice": webp.write([head, alpha, alpha, image]),
            "alpha of no bytes": webp.write([head, (b"ALPH", b""), image]),
            "half of the alpha": webp.write(shortened(parts, b"ALPH", len(alpha[1]) // 2)),
            "alpha of nothing but zeros": webp.write([head, (b"ALPH", alpha[1][:1] + bytes(500)), image]),
            "plain alpha, a row too short": webp.write([head, (b"ALPH", bytes(1 + 96 * 63)), image]),
        }
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_container_does_not_pass(image_cli, kind):
    for name, data in broken(parts_of(kind)).items():
        for operation, factor in OPERATIONS:
            assert image_cli(operation, data, factor).status == CORRUPT, f"{operation} {name}"


@pytest.mark.parametrize("kind", ["lossy with alpha", "lossless with alpha"])
def test_alpha_that_is_not_announced_is_none(image_cli, kind):
    """As browsers have it."""
    parts = parts_of(kind)
    data = webp.write([webp.canvas(*SIZE, 0), *parts[1:]])
    for operation, factor in OPERATIONS:
        assert image_cli(operation, data, factor).image.mode == "RGB"


def test_an_animation_without_padding(image_cli):
    good = files.animation("WEBP")
    parts = list(webp.chunks(good))
    parts[0] = (b"VP8X", bytes([parts[0][1][0] | webp.EXIF]) + parts[0][1][1:])
    data = webp.write(parts + [(b"EXIF", b"abc")])[:-1]
    for operation, factor in OPERATIONS:
        assert image_cli(operation, data, factor).data == image_cli(operation, good, factor).data


def test_an_animation_that_no_frame_fits_is_too_large(image_cli):
    """A canvas can be larger than any image in it."""
    frame = files.encode(smooth(3, 16, 16), "WEBP", lossless=True)[12:]
    head = bytes(6) + struct.pack("<I", 15)[:3] + struct.pack("<I", 15)[:3] + bytes([100, 0, 0, 0])
    data = webp.write([webp.canvas(20000, 16, webp.ANIMATION), (b"ANIM", bytes(6)),
                       (b"ANMF", head + frame), (b"ANMF", head + frame)])
    for operation, factor in OPERATIONS:
        assert image_cli(operation, data, factor).status in (TOO_LARGE, RESULT_TOO_LARGE)
