# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Gray: Rec. 601 luma for every pixel, whatever the file looks like inside."""
import io
import subprocess

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from samples import files, pixels, png, tiff
from support.judges import array, assert_within, imagemagick, luma_of_jpeg, open_image

UNSUPPORTED = 8 # enum status
LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True, "exact": True}}


def luma(image):
    return np.asarray(image.convert("L")).astype(int)


def noise(bands, depth=np.uint8, size=(61, 83)):
    shape = size if bands == 1 else (*size, bands)
    return np.random.default_rng(1).integers(0, np.iinfo(depth).max + 1, shape, dtype=depth)


@pytest.mark.parametrize("file_format", LOSSLESS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "L", "P", "PA", "1"])
def test_every_pixel_is_luma(image_cli, file_format, mode):
    """Gray is within 1 of Pillow's convert("L") for every pixel; alpha stays as it was."""
    source = files.image(83, 61, mode)
    if file_format == "WEBP" and mode in ("1", "LA", "P", "PA"):
        source = source.convert("RGBA" if mode in ("LA", "PA") else "RGB")
    if file_format == "TIFF" and mode == "PA":
        source = source.convert("P")
        source.info.pop("transparency", None)
    body = files.encode(source, file_format, **LOSSLESS[file_format])
    decoded = open_image(body)
    result = open_image(image_cli("gray", body).data)
    seen, kept = decoded.convert("RGBA"), result.convert("RGBA")
    visible = array(seen)[..., 3] > 0
    expected, gray = array(seen.convert("RGB").convert("L")), array(kept)
    assert_within(gray[..., 0][visible], expected[visible], 1)
    assert (gray[..., 0] == gray[..., 1]).all() and (gray[..., 1] == gray[..., 2]).all()
    assert_within(gray[..., 3], array(seen)[..., 3], 0)
    if file_format != "WEBP" and mode in ("RGB", "RGBA"):
        assert result.mode == ("LA" if mode == "RGBA" else "L")


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "JPEG"])
def test_same_gray_in_every_format(image_cli, file_format):
    """A flat red, green and blue have Rec. 601's gray whatever the format."""
    for colour, expected in (("#ff0000", 76), ("#00ff00", 150), ("#0000ff", 29), ("#ffffff", 255)):
        body = files.encode(Image.new("RGB", (32, 32), colour), file_format,
                            **({"quality": 98} if file_format == "JPEG" else {}))
        assert_within(array(open_image(image_cli("gray", body).data).convert("L")),
                      np.full((32, 32), expected), 1)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(64, 48), (61, 47), (1, 1), (200, 3), (7, 90)])
def test_gray_jpeg_is_its_luma(image_cli, size, progressive, subsampling):
    """Gray of a JPEG is exactly the Y plane it was made of."""
    body = files.jpeg(*size, progressive=progressive, subsampling=subsampling)
    result = open_image(image_cli("gray", body).data)
    assert result.mode == "L"
    assert_within(array(result), array(luma_of_jpeg(body)), 0)


@pytest.mark.parametrize("file_format", ["PNG", "GIF", "TIFF"])
@pytest.mark.parametrize("colours", [2, 4, 16, 256])
def test_palettes_of_every_depth(image_cli, file_format, colours):
    source = Image.fromarray(noise(3)).quantize(colours)
    gray = image_cli("gray", files.encode(source, file_format)).image
    assert np.abs(luma(gray) - luma(source)).max() <= 1


def test_palette_with_transparency(image_cli):
    source = Image.fromarray(noise(3)).quantize(16)
    gray = image_cli("gray", files.encode(source, "PNG", transparency=3)).image
    assert gray.mode == "LA"
    assert np.array_equal(np.asarray(gray)[..., 1] == 0, np.asarray(source) == 3)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
def test_gray_images_stay_as_they_are(image_cli, file_format, mode):
    if mode == "I;16":
        source = Image.fromarray(noise(1, np.uint16))
    else:
        source = Image.fromarray(noise(4)).convert(mode)
    data = files.encode(source, file_format)
    gray = image_cli("gray", data).image
    assert gray.mode == files.decode(data).mode
    assert np.array_equal(np.asarray(gray), np.asarray(source))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("profile", [files.srgb_profile(), files.wide_profile(), b"none" * 50],
                         ids=["sRGB", "wide", "broken"])
def test_a_gray_jpeg_stays_as_it_is_whatever_its_profile(image_cli, profile, progressive):
    data = files.encode(Image.fromarray(noise(1)), "JPEG", quality=90, progressive=progressive,
                        icc_profile=profile)
    gray = image_cli("gray", data).image
    assert np.array_equal(np.asarray(gray), np.asarray(files.decode(data)))
    assert "icc_profile" not in gray.info


@pytest.mark.parametrize("profile", [b"none" * 50, files.wide_profile()[:200]],
                         ids=["nonsense", "cut off"])
def test_a_jpeg_whose_profile_says_nothing_keeps_its_luma(image_cli, profile):
    data = files.encode(Image.fromarray(noise(3)), "JPEG", quality=90, icc_profile=profile)
    gray = image_cli("gray", data).image
    assert np.array_equal(np.asarray(gray), np.asarray(luma_of_jpeg(data)))
    assert "icc_profile" not in gray.info


def cjpeg(image, *options):
    netpbm = files.encode(image, "PPM")
    return subprocess.run(["cjpeg", *options], input=netpbm, capture_output=True, check=True).stdout


@pytest.mark.parametrize("options", [[], ["-progressive"], ["-sample", "1x1"], ["-restart", "1"]],
                         ids=" ".join)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_arithmetic_coding_keeps_the_luma(image_cli, mode, options):
    data = cjpeg(Image.fromarray(noise(3)).convert(mode), "-arithmetic", "-quality", "60", *options)
    gray = image_cli("gray", data).image
    assert gray.mode == "L"
    assert np.array_equal(np.asarray(gray), np.asarray(luma_of_jpeg(data)))


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.parametrize("size", [(48, 64), (47, 61)], ids=str)
def test_arithmetic_coding_is_turned(image_cli, size, orientation):
    """Without loss where whole blocks change places, and close to it where they cannot."""
    plain = cjpeg(Image.fromarray(noise(3, size=size) // 2), "-arithmetic", "-quality", "80")
    data = files.with_jpeg_segments(plain, (0xE1, files.exif(orientation)))
    gray = image_cli("gray", data).image
    luma = luma_of_jpeg(plain)
    luma.getexif()[0x0112] = orientation
    difference = np.abs(np.asarray(gray).astype(int) - np.asarray(ImageOps.exif_transpose(luma)))
    assert difference.mean() < (0.1 if size == (48, 64) else 4)
    assert not gray.getexif()


def test_a_second_loss_is_smaller_than_the_first(image_cli):
    """What cannot be copied (CMYK, RGB, luma sampled less than chroma) is not encoded at the default."""
    source = Image.fromarray(noise(3))
    for name, data in {
            "CMYK": files.encode(source.convert("CMYK"), "JPEG", quality=92),
            "RGB": cjpeg(source, "-rgb", "-quality", "92"),
            "sampling": cjpeg(source, "-sample", "1x1,2x2,2x2", "-quality", "92")}.items():
        expected = luma(files.decode(data).convert("RGB"))
        second, asked = (np.abs(luma(image_cli("gray", data, quality=quality).image) -
                                expected).mean() for quality in (0, 80))
        assert second < min(0.8 * np.abs(luma(source) - expected).mean(), 0.5 * asked), name


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bit_png(image_cli, channels):
    """16 bit stays 16 bit, in every kind of PNG, to within one of its own steps."""
    colour = pixels.wide(pixels.rgb(61, 47))
    transparency = pixels.wide(pixels.alpha(61, 47))[..., None]
    source = {1: colour[..., :1], 2: np.concatenate([colour[..., :1], transparency], -1),
              3: colour, 4: np.concatenate([colour, transparency], -1)}[channels]
    result = png.read(image_cli("gray", png.write(source)).data)
    assert result.dtype == np.uint16 and result.shape[2] == (2 if channels % 2 == 0 else 1)
    expected = pixels.luma(colour) if channels >= 3 else colour[..., 0]
    assert_within(result[..., 0].astype(float), expected.astype(float), 1)
    if channels % 2 == 0:
        assert (result[..., 1] == transparency[..., 0]).all()


def test_16_bit_judged_by_imagemagick(image_cli):
    """The same, with another program's decoder on both sides."""
    body = png.write(pixels.wide(pixels.rgb(61, 47)))
    source = imagemagick(body, size=(61, 47))
    result = imagemagick(image_cli("gray", body).data, size=(61, 47))
    assert_within(result[..., 0].astype(float), pixels.luma(source), 1.5)


def test_cmyk_without_profile(image_cli):
    source = Image.fromarray(noise(4), "CMYK")
    gray = image_cli("gray", files.encode(source, "TIFF")).image
    assert np.abs(luma(gray) - luma(source.convert("RGB"))).max() <= 1


def test_cmyk_of_16_bit(image_cli):
    inks = noise(4, np.uint16)
    gray = image_cli("gray", tiff.write(inks, tiff.CMYK)).image
    light = (65535 - inks.astype(float)) / 65535
    expected = (light[..., :3] * light[..., 3:]) @ [0.299, 0.587, 0.114] * 65535
    assert gray.mode == "I;16"
    assert np.abs(np.asarray(gray).astype(float) - expected).max() <= 2


@pytest.mark.parametrize("file_format", ["TIFF", "JPEG"])
def test_cmyk_with_a_profile(image_cli, file_format):
    profile = files.cmyk_profile()
    source = Image.fromarray(np.kron(noise(4, size=(6, 8)), np.ones((16, 16, 1), np.uint8)), "CMYK")
    data = files.encode(source, file_format, icc_profile=profile,
                        **({"quality": 100} if file_format == "JPEG" else {}))
    gray = image_cli("gray", data, quality=100).image
    expected = ImageCms.profileToProfile(
        files.decode(data), ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"), renderingIntent=1, outputMode="RGB")
    assert np.abs(luma(expected) - luma(files.decode(data).convert("RGB"))).max() > 10, "no test"
    assert np.abs(luma(gray) - luma(expected)).mean() < 1.5


def test_cmyk_jpeg_of_adobe_is_inverted(image_cli):
    data = files.cmyk_jpeg()
    gray = image_cli("gray", data, quality=100).image
    assert gray.mode == "L"
    assert np.abs(luma(gray) - luma(files.decode(data).convert("RGB"))).mean() < 1.5


@pytest.mark.parametrize("profile", [files.wide_profile, files.scanner_profile])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_a_profile_of_its_own_is_applied(image_cli, file_format, profile):
    profile = profile()
    source = Image.fromarray(np.kron(noise(3, size=(6, 8)), np.ones((16, 16, 1), np.uint8)))
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}
    data = files.encode(source, file_format, icc_profile=profile, **options.get(file_format, {}))
    gray = image_cli("gray", data, quality=95).image
    expected = ImageCms.profileToProfile(
        files.decode(data).convert("RGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"), renderingIntent=1)
    assert "icc_profile" not in gray.info
    assert np.abs(luma(expected) - luma(files.decode(data).convert("RGB"))).max() > 10, "no test"
    assert np.abs(luma(gray) - luma(expected)).mean() < 1.5


@pytest.mark.parametrize("profile", [files.srgb_profile, files.sampled_srgb_profile])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
def test_an_srgb_profile_changes_nothing(image_cli, file_format, profile):
    source = Image.fromarray(noise(3))
    profile = profile()
    data = files.encode(source, file_format, icc_profile=profile, **LOSSLESS[file_format])
    gray = image_cli("gray", data).image
    assert "icc_profile" not in gray.info
    assert np.abs(luma(gray) - luma(source)).max() <= 1


@pytest.mark.parametrize("profile", [files.srgb_profile, files.sampled_srgb_profile])
def test_a_jpeg_of_srgb_is_gray_without_loss(image_cli, profile):
    plain = image_cli("gray", files.jpeg()).data
    assert image_cli("gray", files.jpeg(icc_profile=profile())).data == plain


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_a_broken_profile_is_no_obstacle(image_cli, file_format):
    source = Image.fromarray(noise(3))
    data = files.encode(source, file_format, icc_profile=b"not a profile" * 20)
    assert np.abs(luma(image_cli("gray", data).image) - luma(source)).max() <= 1


def test_lab_tiff(image_cli):
    source = Image.fromarray(np.kron(noise(3, size=(6, 8)) // 2 + 64, np.ones((8, 8, 1), np.uint8)))
    lab = ImageCms.profileToProfile(source, ImageCms.createProfile("sRGB"),
                                    ImageCms.createProfile("LAB"), outputMode="LAB")
    gray = image_cli("gray", files.encode(lab, "TIFF")).image
    assert np.abs(luma(gray) - luma(source)).mean() < 3


def test_float_tiff_is_refused_in_words(image_cli):
    source = Image.fromarray(np.random.default_rng(1).random((20, 20)).astype(np.float32))
    result = image_cli("gray", files.encode(source, "TIFF"))
    assert result.status == UNSUPPORTED
    assert "floating-point samples of 32 bits" in result.message


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_tiff_compression_is_kept(image_cli, compression):
    source = Image.fromarray(noise(3))
    data = files.encode(source, "TIFF", compression=compression)
    gray = image_cli("gray", data).image
    assert gray.info["compression"] == files.decode(data).info["compression"]
    assert np.abs(luma(gray) - luma(source)).max() <= 1


def test_fax_tiff_stays_a_fax(image_cli):
    source = Image.fromarray(noise(1)).convert("1")
    gray = image_cli("gray", files.encode(source, "TIFF", compression="group4")).image
    assert gray.mode == "1" and gray.info["compression"] == "group4"
    assert np.array_equal(np.asarray(gray), np.asarray(source))
