# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""GIFs that are odd, or damaged: gray and reduced ones agree on what they are."""
import io
import subprocess

import numpy as np
import pytest
from PIL import Image

from samples import files, gif, pixels
from support.programs import is_image_cli_instrumented

CORRUPT, TOO_LARGE = 9, 10
WIDTH, HEIGHT = 12, 10


def coalesce(data):
    """All frames as ImageMagick shows them: frames x height x width x RGBA, 0 where transparent."""
    width, height = Image.open(io.BytesIO(data)).size
    ran = subprocess.run(["/usr/bin/convert", "gif:-", "-coalesce", "-depth", "8", "rgba:-"],
                         input=data, capture_output=True, check=True)
    shown = np.frombuffer(ran.stdout, np.uint8).reshape(-1, height, width, 4).copy()
    shown[shown[..., 3] == 0] = 0
    return shown


def seek(data):
    """The same as Pillow shows them."""
    image, shown = Image.open(io.BytesIO(data)), []
    for at in range(image.n_frames):
        image.seek(at)
        shown.append(np.array(image.convert("RGBA")))
        shown[-1][shown[-1][..., 3] == 0] = 0
    return np.array(shown)


def body(*blocks, width=WIDTH, height=HEIGHT, colours=gif.COLOURS):
    return gif.screen(width, height, colours) + b"".join(blocks)


FIRST = gif.control() + gif.frame(0, 0, WIDTH, HEIGHT, 0)
SECOND = gif.control() + gif.frame(0, 0, WIDTH, HEIGHT, 2)
COMMENT = b"!\xfe\x03abc\0"
END = gif.TRAILER
LONGER = gif.lzw([0] * (WIDTH * HEIGHT + 40))
UNENDED = gif.lzw([0] * WIDTH * HEIGHT, end=False)
SHORT = gif.lzw([0] * (WIDTH * HEIGHT - 1))

# Two frames, red and blue, as far as there are two.
WHOLE = {
    "ordinary": body(FIRST, SECOND, END),
    "no trailer": body(FIRST, SECOND),
    "a NUL between frames": body(FIRST, b"\0", SECOND, END),
    "NULs everywhere": body(bytes(3), FIRST, bytes(700), gif.control(), b"\0",
                            gif.frame(0, 0, WIDTH, HEIGHT, 2), bytes(2), END),
    "NULs in place of the trailer": body(FIRST, SECOND, bytes(5)),
    "bytes behind the trailer": body(FIRST, SECOND, END, b"\r\nAnything,!;"),
    "another GIF behind the trailer": body(FIRST, SECOND, END) + body(FIRST, SECOND, END),
    "bytes in place of the trailer": body(FIRST, SECOND, b"\r\nAnything"),
    "an empty extension": body(FIRST, b"!\xfe\0", SECOND, END),
    "an unknown extension": body(FIRST, b"!\x07\x02ab\x01c\0", SECOND, END),
    "an empty graphic control": body(b"!\xf9\0", FIRST, SECOND, END),
    "a short graphic control": body(FIRST, b"!\xf9\x02\0\0\0", gif.frame(0, 0, WIDTH, HEIGHT, 2), END),
    "a long graphic control": body(FIRST, b"!\xf9\x05\0\x0a\0\0\0\0", gif.frame(0, 0, WIDTH, HEIGHT, 2), END),
    "two graphic controls": body(FIRST, gif.control(5, transparent=2), SECOND, END),
    "a graphic control before the trailer": body(FIRST, SECOND, gif.control(), END),
    "a comment that is cut off": body(FIRST, SECOND, COMMENT[:5]),
    "a loop with more behind it": body(gif.LOOP[:-1] + b"\x05\2abcd\0", FIRST, SECOND, END),
    "a comment in between": body(FIRST, gif.control(), COMMENT, gif.frame(0, 0, WIDTH, HEIGHT, 2), END),
    "more data than pixels": body(FIRST, gif.frame(0, 0, WIDTH, HEIGHT, 2), END).replace(
        gif.sub_blocks(gif.lzw([0] * WIDTH * HEIGHT)), gif.sub_blocks(LONGER)),
    "sub-blocks behind the end code": body(
        gif.control(), gif.frame(0, 0, WIDTH, HEIGHT, 0)[:-1], b"\x03abc\0", SECOND, END),
    "no end code": body(gif.frame(0, 0, WIDTH, HEIGHT, 0, data=UNENDED), SECOND, END),
    "sub-blocks of a byte": body(
        gif.descriptor(0, 0, WIDTH, HEIGHT), b"\x02",
        b"".join(b"\x01" + bytes([byte]) for byte in UNENDED), b"\0", SECOND, END),
    "a frame of no pixels": body(FIRST, gif.frame(3, 3, 0, 0, 0), SECOND, END),
    "a frame of no pixels first": body(gif.frame(3, 3, 0, 4, 0), FIRST, SECOND, END),
    "a later frame larger than the screen": body(FIRST, gif.frame(0, 0, WIDTH + 9, HEIGHT + 5, 2), END),
    "a later frame beside the screen": body(FIRST, gif.frame(WIDTH, HEIGHT, 4, 4, 1), SECOND, END),
    "a first frame larger than the screen": body(
        FIRST, SECOND, END, width=WIDTH - 3, height=HEIGHT - 2),
    "no screen": body(FIRST, SECOND, END, width=0, height=0),
    "interlaced": body(gif.frame(0, 0, WIDTH, HEIGHT, 0, interlaced=True), SECOND, END),
    "local tables": body(gif.frame(0, 0, WIDTH, HEIGHT, 0, colours=[gif.RED]),
                         gif.frame(0, 0, WIDTH, HEIGHT, 1, colours=[gif.RED, gif.BLUE]), END, colours=None),
}

DAMAGED = {
    "cut in the end of a frame's data": body(FIRST, SECOND)[:-1],
    "cut in a frame": body(FIRST, SECOND)[:-12],
    "cut in a descriptor": body(FIRST, SECOND)[:-len(gif.frame(0, 0, WIDTH, HEIGHT, 2)) + 5],
    "cut behind a graphic control": body(FIRST, gif.control()),
    "cut in a graphic control": body(FIRST, gif.control()[:5]),
    "cut in a local table": body(FIRST, gif.descriptor(0, 0, 4, 4, colours=gif.COLOURS)[:-2]),
    "no frame": body(END),
    "no frame but a comment": body(COMMENT, END),
    "fewer pixels than the frame has": body(gif.frame(0, 0, WIDTH, HEIGHT, 0, data=SHORT), SECOND, END),
    "no data": body(FIRST, gif.frame(0, 0, WIDTH, HEIGHT, 0, data=b""), END),
    "a frame behind stray bytes": body(FIRST, b"xyz", SECOND, END),
    "a code that nothing defined": body(
        gif.frame(0, 0, WIDTH, HEIGHT, 0, data=b"\xff" + gif.lzw([0] * 120)[1:]), SECOND, END),
    "a code size of 0": body(gif.descriptor(0, 0, 1, 1), b"\0\x01\x02\0", END),
    "a code size of 9": body(gif.descriptor(0, 0, 1, 1), b"\x09\x02\0\0\0", END),
    "nothing but frames of no pixels, no screen": body(gif.frame(0, 0, 0, 0, 0), END, width=0, height=0),
}


@pytest.mark.parametrize("operation, factor", [("gray", 1), ("scale", 1), ("scale", 0.5)])
@pytest.mark.parametrize("kind", WHOLE)
def test_what_browsers_show_in_full_is_taken(image_cli, kind, operation, factor):
    result = image_cli(operation, WHOLE[kind], factor)
    assert result.status == 0, result.message
    size = (WIDTH, HEIGHT) if factor == 1 else (WIDTH // 2, HEIGHT // 2)
    assert result.image.size == size
    shown = coalesce(result.data)
    red, blue = ((76,) * 3, (29,) * 3) if operation == "gray" else (gif.RED, gif.BLUE)
    assert (shown[-1] == (*blue, 255)).all()
    assert (shown[-2] == (*red, 255)).all()
    assert np.array_equal(seek(result.data)[-1], shown[-1])


@pytest.mark.parametrize("operation, factor", [("gray", 1), ("scale", 1), ("scale", 0.5)])
@pytest.mark.parametrize("kind", DAMAGED)
def test_lost_pixels_are_damage(image_cli, kind, operation, factor):
    assert image_cli(operation, DAMAGED[kind], factor).status == CORRUPT


def test_gray_and_reduced_agree_wherever_it_is_cut(image_cli):
    """And every cut within a frame is damage; one between frames leaves what is before it."""
    data = body(FIRST, COMMENT, SECOND, END)
    for cut in range(13, len(data)):
        statuses = {image_cli("gray", data[:cut]).status, image_cli("scale", data[:cut]).status}
        assert len(statuses) == 1 and statuses < {0, CORRUPT}, cut


def test_a_frame_counts_in_whole_though_the_screen_cuts_it(image_cli):
    data = WHOLE["a later frame larger than the screen"]
    whole = WIDTH * HEIGHT + (WIDTH + 9) * (HEIGHT + 5)
    for operation in ("gray", "scale"):
        assert image_cli(operation, data, MAX_PIXELS=whole).status == 0
        assert image_cli(operation, data, MAX_PIXELS=whole - 1).status == TOO_LARGE


@pytest.mark.parametrize("operation", ["gray", "scale"])
def test_any_number_of_frames(image_cli, operation):
    """libvips takes no strip of more than 10,000,000 rows."""
    one = gif.frame(0, 0, 1, 1, 1)
    data = body(*[one] * 11000, width=1, height=1000)
    result = image_cli(operation, data)
    assert result.status == 0, result.message
    assert result.image.n_frames == 11000
    assert image_cli(operation, data, MAX_PIXELS=10999999).status == TOO_LARGE


def every_colour():
    return [(at, 255 - at, at * 7 % 256) for at in range(256)]


# What is transparent, x < 4 or so, without any index that is.
OPEN = {
    "a first frame that is smaller": body(gif.frame(4, 0, 8, HEIGHT, 0), gif.frame(6, 2, 4, 4, 2), END),
    "disposal to the background": body(
        gif.control(disposal=2) + gif.frame(0, 0, WIDTH, HEIGHT, 0), gif.frame(4, 0, 8, HEIGHT, 2), END),
    "disposal to what was there before": body(
        gif.control(disposal=3) + gif.frame(0, 0, WIDTH, HEIGHT, 0), gif.frame(4, 0, 8, HEIGHT, 2), END),
    "interlaced, with all 256 colours": body(
        gif.control(disposal=2) + gif.frame(4, 0, 40, 40, lambda x, y: (x + 40 * y) % 256, size=8,
                                            interlaced=True),
        gif.frame(5, 2, 4, 4, 250, size=8), END, width=44, height=40, colours=every_colour()),
    "every index used": body(
        gif.frame(4, 0, 40, 40, lambda x, y: (x + 40 * y) % 256, size=8), END, width=44, height=40,
        colours=every_colour()),
}


@pytest.mark.parametrize("background", [0, 3])
@pytest.mark.parametrize("operation, factor", [("gray", 1), ("scale", 1), ("scale", 0.5)])
@pytest.mark.parametrize("kind", OPEN)
def test_what_nothing_was_drawn_on_is_transparent(image_cli, kind, operation, factor, background):
    data = bytearray(OPEN[kind])
    data[11] = background
    result = image_cli(operation, bytes(data), factor)
    assert result.status == 0, result.message
    edge = 4 if factor == 1 else 2
    for judge in (coalesce, seek):
        shown = judge(result.data)
        assert (shown[-1][:, :edge - 1, 3] == 0).all(), judge
        assert (shown[-1][:, edge + 1:, 3] == 255).all() or "256" in kind, judge


@pytest.mark.parametrize("disposal", [0, 1, 2, 3])
@pytest.mark.parametrize("transparent", [None, 3])
def test_frames_are_laid_over_one_another(image_cli, disposal, transparent):
    """Reduced, each frame shows what the source's shows, whoever judges."""
    blocks = [gif.control(10 * at, disposal, transparent) +
              gif.frame(4 * at, 2 * at, 24, 24, lambda x, y, at=at: (x // 4 + y // 4 + at) % 4)
              for at in range(5)]
    data = body(gif.frame(0, 0, 48, 40, 1), *blocks, END, width=48, height=40)
    result = image_cli("scale", data, 0.5)
    before = coalesce(data)
    for shown in (coalesce(result.data), seek(result.data)):
        assert len(shown) == len(before)
        for now, source in zip(shown, before):
            expected = np.asarray(Image.fromarray(source).convert("RGBa").resize(
                (24, 20), Image.LANCZOS).convert("RGBA")).astype(int)
            sure = np.abs(expected[..., 3] - 127.5) > 8
            assert np.array_equal(now[..., 3][sure] > 127, expected[..., 3][sure] > 127)
            opaque = (now[..., 3] > 0) & sure
            assert np.abs(now[..., :3][opaque] - expected[..., :3][opaque]).mean() < 3


def psnr(first, second):
    return 10 * np.log10(255 ** 2 / max(np.mean((first.astype(float) - second) ** 2), 1e-6))


def waves(side, seed, palette=None):
    image = Image.fromarray(pixels.smooth_rgb(side, side, seed))
    return image.quantize(256, dither=Image.Dither.FLOYDSTEINBERG) if palette is None else \
        image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


@pytest.mark.parametrize("tables", ["one", "each"])
def test_quality_of_many_small_frames(image_cli, tables):
    """The palette of one frame serves others where it is good enough; each frame is near its best."""
    first = waves(60, 0)
    images = [waves(60, seed % 7, first if tables == "one" else None)
              for seed in range(24 if is_image_cli_instrumented() else 200)]
    data = files.encode(images[0], "GIF", save_all=True, append_images=images[1:], duration=20)
    result = image_cli("scale", data, 0.5)
    shown, source = coalesce(result.data), coalesce(data)
    for at in range(0, len(source), 23):
        expected = np.asarray(Image.fromarray(source[at]).resize((30, 30), Image.LANCZOS))
        assert psnr(shown[at][..., :3], expected[..., :3]) > 34


def test_frames_of_noise_have_a_bound(image_cli):
    """Each with a table of 256 colours that have nothing to do with the last one's."""
    if is_image_cli_instrumented():
        pytest.skip("a comparison of times, which takes minutes there")
    rng = np.random.default_rng(1)
    blocks = []
    for _ in range(40):
        colours, noise = rng.integers(0, 256, (256, 3)).tolist(), rng.integers(0, 256, 1600).tolist()
        blocks.append(gif.frame(0, 0, 40, 40, lambda x, y, noise=noise: noise[40 * y + x], size=8,
                                colours=colours))
    few, many = (image_cli("scale", body(*blocks * times, END, width=40, height=40), 0.95)
                 for times in (40, 160))
    assert many.status == 0 and many.image.n_frames == 6400
    assert many.cpu_s < 3 * few.cpu_s # a new palette for each would take four times as long


def test_a_still_background_stays_as_it_is(image_cli):
    """Dithering does not make it flicker, and it costs no bytes."""
    background = Image.fromarray(pixels.smooth_rgb(200, 150, 1))
    images = []
    for at in range(10):
        image = background.copy()
        image.paste((255, 255, 255), (10 * at, 60, 10 * at + 10, 70))
        images.append(image.quantize(palette=background.quantize(256), dither=Image.Dither.NONE))
    data = files.encode(images[0], "GIF", save_all=True, append_images=images[1:], duration=20)
    result = image_cli("scale", data, 0.5).data
    shown = coalesce(result)
    assert (shown[:, :26] == shown[0, :26]).all()
    assert len(result) < 2.5 * len(image_cli("scale", files.encode(images[0], "GIF"), 0.5).data)
