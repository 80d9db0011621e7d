# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""ICC profiles: one that is of no use is as good as none, in every format and operation; one that is
stays while it says what the pixels mean, and is applied when they become gray."""
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from samples import files, png, tiff

OPERATIONS = [("gray", 1), ("scale", 1), ("scale", 0.5), ("scale", 0.3)]
FORMATS = {"JPEG": {"quality": 95}, "JPEG progressive": {"quality": 95, "progressive": True},
           "PNG": {}, "WEBP": {"quality": 95}, "WEBP lossless": {"lossless": True, "exact": True},
           "TIFF": {}}
WIDE = files.wide_profile()


def patched(profile, *changes):
    changed = bytearray(profile)
    for place, content in changes:
        changed[place:place + len(content)] = content
    return bytes(changed)


def without_tag(profile, name):
    """The tag renamed: the same table, but nobody finds it."""
    place = profile.index(name, 128)
    return patched(profile, (place, b"none"))


USELESS = {
    "a bad PCS": patched(WIDE, (20, b"ABCD")), "an RGB PCS": patched(WIDE, (20, b"RGB ")),
    "no red": without_tag(WIDE, b"rXYZ"), "no curve": without_tag(WIDE, b"gTRC"),
    "curves that are none": WIDE.replace(b"curv", b"????"),
    "no signature": patched(WIDE, (36, b"????")),
    "a link": patched(WIDE, (12, b"link")), "an effect": patched(WIDE, (12, b"abst")),
    "names": patched(WIDE, (12, b"nmcl")),
    "an unknown space": patched(WIDE, (16, b"9CLR")),
    "cut in its header": WIDE[:100], "cut behind its header": WIDE[:130], "cut in its tags": WIDE[:200],
    "cut in the middle": WIDE[:len(WIDE) // 2],
    "for gray": files.gray_profile(), "for inks": files.cmyk_profile(),
    "words": b"not a profile" * 20, "zeros": bytes(1000), "a byte": b"x",
    "as many tags as there can be": patched(WIDE, (128, b"\xff\xff\xff\xff")),
}


def sample(bands=3):
    small = np.random.default_rng(8).integers(0, 256, (5, 7, bands), dtype=np.uint8)
    return np.kron(small, np.ones((16, 16, 1), np.uint8))


def encode(file_format, profile, mode="RGB"):
    bands = {"RGB": 3, "RGBA": 4, "CMYK": 4, "L": 1, "LA": 2}[mode]
    image = Image.fromarray(sample(bands).squeeze(), mode)
    name = file_format.split()[0]
    options = {**FORMATS.get(file_format, {}), **({"icc_profile": profile} if profile else {})}
    return files.encode(image, name, **options)


def assert_dropped(result, plain, name):
    """The same file; of lossless WebPs the same pixels, for the file's size counts in their effort."""
    same = (np.array_equal(result.image, plain.image) if b"VP8L" in plain.data[:40] else
            result.data == plain.data)
    assert same, f"{name}: {result.message}"
    assert not result.image.info.get("icc_profile"), name


@pytest.mark.parametrize("operation, factor", OPERATIONS)
@pytest.mark.parametrize("file_format", FORMATS)
def test_one_of_no_use_is_none(image_cli, file_format, operation, factor):
    plain = image_cli(operation, encode(file_format, None), factor)
    for name, profile in USELESS.items():
        assert_dropped(image_cli(operation, encode(file_format, profile), factor), plain, name)


@pytest.mark.parametrize("operation, factor", OPERATIONS)
@pytest.mark.parametrize("file_format", ["JPEG", "JPEG progressive", "PNG", "TIFF"])
def test_one_of_no_use_for_gray(image_cli, file_format, operation, factor):
    gray = files.gray_profile()
    plain = image_cli(operation, encode(file_format, None, "L"), factor)
    for name, profile in {"for colours": WIDE, "for inks": files.cmyk_profile(), "sRGB": files.srgb_profile(),
                          "no curve": without_tag(gray, b"kTRC"), "cut off": gray[:180],
                          "a bad PCS": patched(gray, (20, b"ABCD"))}.items():
        assert_dropped(image_cli(operation, encode(file_format, profile, "L"), factor), plain, name)


@pytest.mark.parametrize("operation, factor", OPERATIONS)
@pytest.mark.parametrize("file_format", ["JPEG", "JPEG progressive", "TIFF"])
def test_one_of_no_use_for_inks(image_cli, file_format, operation, factor):
    """libvips has a profile of its own for inks, which nobody sent."""
    inks = files.cmyk_profile()
    plain = image_cli(operation, encode(file_format, None, "CMYK"), factor)
    for name, profile in {"for colours": WIDE, "for gray": files.gray_profile(), "cut off": inks[:400],
                          "cut in its tags": inks[:150], "cut in a table": inks[:-100][:len(inks) // 3],
                          "no table": inks.replace(b"A2B", b"X2Y"),
                          "a bad PCS": patched(inks, (20, b"ABCD")),
                          "a link": patched(inks, (12, b"link"))}.items():
        assert_dropped(image_cli(operation, encode(file_format, profile, "CMYK"), factor), plain, name)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_rare_pngs_too(image_cli, bits, interlaced):
    """Interlaced, and of 16 bits: a profile in the chunk that does not inflate, or is for gray."""
    samples = sample().astype(np.uint16) * (257 if bits == 16 else 1)
    def with_profile(content, extra=b""):
        chunk = b"" if content is None else png.chunk(b"iCCP", b"x\0\0" + content) + extra
        return png.write_any(samples, bits, 2, interlaced, chunk)
    packed = zlib.compress(WIDE)
    broken = bytearray(packed)
    broken[-1] ^= 1
    hints = (png.chunk(b"gAMA", struct.pack(">I", 100000)) + png.chunk(b"sRGB", b"\1") +
             png.chunk(b"cHRM", struct.pack(">8I", *range(30000, 38000, 1000))))
    for operation, factor in OPERATIONS:
        plain = image_cli(operation, with_profile(None), factor)
        for content in (packed[:-20], bytes(broken), b"", b"\0" * 50, zlib.compress(USELESS["a bad PCS"]),
                        zlib.compress(files.gray_profile())):
            assert_dropped(image_cli(operation, with_profile(content), factor), plain, content[:4])
        used = image_cli(operation, with_profile(packed), factor)
        assert used.data != plain.data
        assert image_cli(operation, with_profile(packed, hints), factor).data == used.data, "iCCP wins"


def app2(*parts):
    return [(0xE2, b"ICC_PROFILE\0" + bytes([number, count]) + content)
            for number, count, content in parts]


CUT = [WIDE[:150], WIDE[150:300], WIDE[300:]]
WHOLE = [(1, 3, CUT[0]), (2, 3, CUT[1]), (3, 3, CUT[2])]
INCOMPLETE = {
    "the first is missing": WHOLE[1:], "the second is missing": [WHOLE[0], WHOLE[2]],
    "the last is missing": WHOLE[:2], "the second is there twice": WHOLE + [WHOLE[1]],
    "the last is there twice": WHOLE + [WHOLE[2]],
    "they count differently": [(1, 3, CUT[0]), (2, 2, CUT[1]), (3, 3, CUT[2])],
    "one is number 0": [(0, 3, CUT[0])] + WHOLE[1:], "one is number 4": WHOLE[:2] + [(4, 3, CUT[2])],
    "two profiles": [(1, 1, WIDE), (1, 1, WIDE)],
}


@pytest.mark.parametrize("operation, factor", OPERATIONS)
@pytest.mark.parametrize("colours", ["YCbCr", "RGB", "CMYK"])
def test_profiles_in_pieces(image_cli, colours, operation, factor):
    """In any order; but of what is incomplete nothing is guessed. RGB and CMYK go through libvips."""
    profile = files.cmyk_profile() if colours == "CMYK" else WIDE
    third = len(profile) // 3
    parts = [profile[:third], profile[third:2 * third], profile[2 * third:]]
    plain = encode("JPEG", None, "CMYK" if colours == "CMYK" else "RGB")
    if colours == "RGB": # the components' names say so
        frame, scan = plain.index(b"\xff\xc0"), plain.index(b"\xff\xda")
        plain = patched(plain[:2] + plain[20:], (frame - 18 + 10, b"R"), (frame - 18 + 13, b"G"),
                        (frame - 18 + 16, b"B"), (scan - 18 + 5, b"R"), (scan - 18 + 7, b"G"),
                        (scan - 18 + 9, b"B"))
        assert files.decode(plain).mode == "RGB"
    def in_pieces(pieces):
        segments = app2(*((n, c, parts[CUT.index(p)] if p in CUT else profile) for n, c, p in pieces))
        return files.with_jpeg_segments(plain, *segments)
    none = image_cli(operation, plain, factor, quality=90)
    whole = image_cli(operation, files.with_jpeg_segments(plain, *app2((1, 1, profile))), factor,
                      quality=90)
    assert whole.data != none.data
    for order in (WHOLE, WHOLE[::-1], [WHOLE[1], WHOLE[2], WHOLE[0]]):
        assert image_cli(operation, in_pieces(order), factor, quality=90).data == whole.data
    for name, pieces in INCOMPLETE.items():
        assert_dropped(image_cli(operation, in_pieces(pieces), factor, quality=90), none, name)


def test_a_profile_in_very_many_pieces(image_cli):
    """Large ones have more than a hundred."""
    size = 20
    parts = [WIDE[i:i + size] for i in range(0, len(WIDE), size)]
    data = files.with_jpeg_segments(encode("JPEG", None), *app2(
        *((i + 1, len(parts), part) for i, part in enumerate(parts))))
    assert len(parts) > 20
    assert image_cli("scale", data).image.info["icc_profile"] == WIDE


@pytest.mark.parametrize("mode", ["L", "LA"])
@pytest.mark.parametrize("file_format", ["JPEG", "JPEG progressive", "PNG", "TIFF"])
def test_gray_keeps_what_gray_has(image_cli, file_format, mode):
    """No value changes, so the profile still says what they mean."""
    if mode == "LA" and file_format != "PNG" and file_format != "TIFF":
        pytest.skip("no alpha")
    profile = files.gray_profile()
    data = encode(file_format, profile, mode)
    gray = image_cli("gray", data).image
    assert gray.info["icc_profile"] == profile
    assert np.array_equal(np.asarray(gray), np.asarray(files.decode(data)))
    assert image_cli("scale", data).image.info["icc_profile"] == profile


@pytest.mark.parametrize("orientation", [3, 6])
@pytest.mark.parametrize("quality", [0, 90])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_gray_that_is_turned_keeps_it(image_cli, file_format, quality, orientation):
    image, profile = Image.fromarray(sample(1).squeeze()), files.gray_profile()
    data = files.encode(image, file_format, icc_profile=profile, exif=files.exif(orientation))
    gray = image_cli("gray", data, quality=quality).image
    assert gray.info["icc_profile"] == profile and not gray.getexif()


def test_gray_of_16_bits_keeps_it(image_cli):
    samples = sample(1).astype(np.uint16) * 200
    profile = files.gray_profile()
    data = png.write_any(samples, 16, 0, extra=png.chunk(b"iCCP", b"x\0\0" + zlib.compress(profile)))
    result = image_cli("gray", data)
    assert np.array_equal(png.read(result.data), samples)
    assert result.image.info["icc_profile"] == profile
    data = tiff.write(samples, tiff.GRAY, profile)
    result = image_cli("gray", data).image
    assert result.info["icc_profile"] == profile
    assert np.array_equal(np.asarray(result), samples[..., 0])


def wide_to_srgb(samples):
    """What wide_profile() means, in floating point: from 0..1 to 0..1."""
    to_xyz = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322],
                       [0.01947, 0.06087, 0.74457]])
    srgb = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061],
                     [0.01392, 0.09708, 0.71410]])
    linear = samples ** (563 / 256) @ to_xyz.T @ np.linalg.inv(srgb).T
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("kind", ["PNG", "PNG interlaced", "TIFF"])
def test_16_bits_by_a_profile(image_cli, kind, bands):
    """To within a few of 65535, where tables of 8 bits would be off by a hundred."""
    samples = np.random.default_rng(1).integers(0, 65536, (61, 83, bands), dtype=np.uint16)
    if kind == "TIFF":
        data = tiff.write(samples, tiff.RGB, WIDE)
    else:
        extra = png.chunk(b"iCCP", b"x\0\0" + zlib.compress(WIDE))
        data = png.write_any(samples, 16, png.COLOUR_TYPE[bands], kind != "PNG", extra)
    result = image_cli("gray", data)
    if kind == "TIFF":
        if bands == 4:
            pytest.skip("Pillow reads no such TIFF")
        gray = np.asarray(result.image).astype(float)
    else:
        gray = png.read(result.data)[..., 0].astype(float)
    expected = wide_to_srgb(samples[..., :3] / 65535) @ [0.299, 0.587, 0.114] * 65535
    assert np.abs(gray - expected).max() <= 40
    assert np.abs(gray - expected).mean() <= 10


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_gray_by_a_profile_is_the_same_in_every_format(image_cli, mode):
    results = {}
    for file_format in ("PNG", "TIFF", "WEBP lossless"):
        image = image_cli("gray", encode(file_format, WIDE, mode)).image.convert("LA")
        results[file_format] = np.asarray(image)[..., 0].astype(int)
    expected = wide_to_srgb(sample(len(mode))[..., :3] / 255) @ [0.299, 0.587, 0.114] * 255
    for file_format, values in results.items():
        assert np.abs(values - expected).max() <= 1.6, file_format


def test_palettes_by_a_profile(image_cli):
    source = Image.fromarray(sample()).quantize(30)
    data = files.encode(source, "PNG", icc_profile=WIDE)
    gray = np.asarray(image_cli("gray", data).image).astype(float)
    expected = wide_to_srgb(np.asarray(source.convert("RGB")) / 255) @ [0.299, 0.587, 0.114] * 255
    assert np.abs(gray - expected).max() <= 1.1


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_inks_by_a_profile(image_cli, file_format):
    profile = files.cmyk_profile()
    data = encode(file_format, profile, "CMYK")
    gray = np.asarray(image_cli("gray", data, quality=100).image).astype(int)
    judged = ImageCms.profileToProfile(
        files.decode(data), ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"), renderingIntent=1, outputMode="RGB")
    difference = np.abs(gray - np.asarray(judged.convert("L")))
    assert difference.mean() <= 1.2 and difference.max() <= (6 if file_format == "JPEG" else 2)


@pytest.mark.parametrize("file_format", ["JPEG", "JPEG progressive", "PNG", "WEBP"])
def test_srgb_of_no_profile_is_nothing_to_do(image_cli, file_format):
    """The same file by the same path: what imaginary's `stripmeta` asks of most photographs."""
    data = encode(file_format, None)
    plain, srgb = (image_cli("do", data, f"width=40&height=30{query}") for query in ("", "&profile=srgb"))
    assert plain.data and srgb.data == plain.data


@pytest.mark.parametrize("target", ["jpeg", "png", "webp", "gif", "tiff"])
@pytest.mark.parametrize("gray", ["luma", "luminance"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK"])
def test_gray_has_no_profile_of_colours(image_cli, mode, gray, target):
    profile = files.cmyk_profile() if mode == "CMYK" else WIDE
    for query in ("", "&profile=srgb", "&blur=1", "&fit=pad&width=150&height=150"):
        result = image_cli("do", encode("TIFF", profile, mode), f"gray={gray}&format={target}{query}")
        assert not result.image.info.get("icc_profile")


@pytest.mark.parametrize("mode, query", [("RGB", "format=gif"), ("L", "format=gif"), ("L", "format=webp&lossless=true"),
                                         ("RGB", "profile=srgb"), ("L", "profile=srgb"), ("RGB", "gray=luma")])
def test_a_background_is_srgb_where_the_result_is(image_cli, mode, query):
    data = encode("PNG", {"RGB": WIDE, "L": files.gray_profile()}[mode], mode)
    colour = {"RGB": (0x40, 0x80, 0x80), "L": (0x60, 0x60, 0x60)}[mode] # a gray one leaves gray gray
    background = "".join(f"{level:02x}" for level in colour)
    result = image_cli("do", data, f"width=300&height=300&fit=pad&background={background}&{query}").image
    expected = Image.new("RGB", (1, 1), colour).convert("L" if "luma" in query else "RGB")
    assert "icc_profile" not in result.info
    found = np.asarray(result.convert(expected.mode))[0, 0].astype(int)
    assert np.abs(found - np.asarray(expected)[0, 0]).max() <= 1
