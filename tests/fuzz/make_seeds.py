#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Writes the seeds of every fuzz target: make_seeds.py FOLDER LIST. Small inputs that get far; the
list of them goes to LIST, last, so that a build tool knows when they are all there."""
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import numpy as np # noqa: E402

from samples import files, gif, heif, malformed, metadata, pixels, png, tiff # noqa: E402

# operation, quality, factor, capacity: image_input.h
GRAY, GRAY_QUALITY, GRAY_SMALL = bytes([0, 0, 0, 0]), bytes([0, 75, 0, 0]), bytes([0, 0, 0, 0x88])
HALF, ODD, EIGHTH, SMALL = (bytes([1, 0, 127, 0]), bytes([1, 60, 200, 0]), bytes([1, 0, 31, 0]),
                            bytes([1, 0, 127, 0x90]))
LARGE, TINY = bytes([1, 0, 255, 0]), bytes([1, 0, 9, 0])


def numbers():
    return [b"0", b"-1", b"9223372036854775807", b"-9223372036854775809", b"0.5", b".5", b"5.",
            b"5e-1", b"+1E+3", b"1e309", b"1e-400", b"nan", b"inf", b"0x1p-1", b"0,5", b" 1"]


def lines():
    return [b"GET /: fine", b'"quoted\\" \x1b[31m\r\n\x7f', b"/\xff\xc3(\xed\xa0\x80",
            "b\u00e9\u20ac\U0001f600".encode(), "\u009b31m".encode(),
            ("x" * 1022 + "\u20ac").encode(), b"\x01" * 1000, b"\x80" * 1100]


def targets():
    return [b"/", b"/gray?scale=0.5", b"/scale?scale=.5&quality=80", b"/a%2fb%C3%A9", b"*",
            b"http://[::1]:8080/gray?scale=5e-1", b"host:80", b"/?scale=%30%2e5", b"/?scale=1%00",
            b"/?scale=1&scale=1", b"/?quality=101", b"/?x=%ff", b"/?=&&scale", b"/%", b"/?a=%zz"]


def forms():
    """The Content-Type, a line end, the body."""
    line = b"multipart/form-data; boundary=b\n"
    part = b"--b\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n"
    image = b"--b\r\nContent-Disposition: form-data; name=i; filename=f\r\nContent-Type: image/png\r\n\r\n"
    end = b"--b--\r\n"
    return [line + end, line + part % (b"a", b"1") + image + b"\r\n--c\r\n" + end,
            line + image + b"\r\n" + part % (b'"a\\"b"', b"\xff\0") + b"--b-- \t",
            line + b"preamble\r\n" + part % (b"a; filename*=UTF-8''b", b"") + b"--b \r\n",
            b"multipart/form-data; Boundary=\"b:c d\"\n--b:c d\r\ncontent-disposition:form-data;name=a\r\n"
            b"Content-Transfer-Encoding: binary\r\n\r\n--b:c d--epilogue"]


def configurations():
    whole = {b"": b"config/gateway.json", b"s": b"config/scale.json"}
    root = pathlib.Path(__file__).resolve().parents[2]
    shipped = [mark + (root / path.decode()).read_bytes() for mark, path in whole.items()]
    related = [b's{"scale": {"default": 0.9, "max": 0.5}}', b's{"scale": {"max": 0.25}}']
    return shipped + related + [
        b'{"listen": {"port": 0}}', b's{"scale": {"default": 0.5, "max": 1}}', b"{",
        b'{"listen": {"port": 1, "port": 2}}', b'{"output": {"quality": 101}}',
        b'{"sandbox": "off", "log": {"format": "json", "level": "debug"}}',
        b"[" * 17, b'{"scale": {"upstream": "http://[::1]:80"}}', b'{"a\\u0000": 01}']


def command_lines():
    lines = [["-i", "::1", "-p", "0"], ["--ip=0.0.0.0", "--port=8080"], ["-s", "0.5"], ["-C"],
             ["--print-config", "--config", "x.json"], ["--ready-fd", "3"], ["-V"], ["--help"],
             ["-s0.25", "--", "operand"], ["--sca", "1"], ["-p"], ["-pi"], ["--port=65536"]]
    return ["\0".join(line).encode() for line in lines]


def heads():
    get = b"GET / HTTP/1.1\r\nHost: a\r\n"
    post = b"POST /gray?scale=0.5 HTTP/1.1\r\nHost: [::1]:80\r\n"
    return [get + b"\r\n", post + b"Content-Length: 5\r\n\r\nhello", b"GET / HTTP/1.0\r\n\r\n",
            post + b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n0\r\n\r\n",
            post + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", get + b"X:a\r\n b\r\n\r\n",
            post + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            get + b"Host: b\r\n\r\n", get + b"X : y\r\n\r\n", get + b"X: a\0b\r\n\r\n",
            get + b"X: a\rb\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\n", b"\r\n" + get + b"\r\n",
            b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", b"G\1T / HTTP/1.1\r\nHost: a\r\n\r\n",
            get + b"Cookie: a=b; c=\"d\"\r\nContent-Length: 18446744073709551616\r\n\r\n"]


def messages():
    """lib/ipc/job.h's structs."""
    def reply(status, output_bytes, detail, result=b""):
        return struct.pack("<IiQQQII128s", 3, status, 7, 0, output_bytes, 0, len(result), detail) + result

    def job(kind, input_bytes, body=b""):
        return struct.pack("<IIQQII", 3, kind, 7, input_bytes, len(body), 0) + body
    setup = struct.pack("<IIQQQIIIIIxxxx", 3, 1, 1 << 30, 1 << 20, 1 << 20, 60706, 239, 1, 2, 0)
    ready = struct.pack("<IiI128s", 3, 0, 63, b"")
    failed = struct.pack("<IiI128s", 3, 13, 0, b"the sandbox's layer")
    return [setup, ready, failed, job(1, 0), job(2, 1000), job(2, 1000, bytes(32)), job(2, 1, bytes(1024)),
            reply(0, 100, b"", b"\1\0\0\0"), reply(0, 100, b"fine", bytes(512)), reply(9, 0, b"x" * 128)]


def without_jfif(data):
    place = data.index(b"\xff\xe0")
    length = struct.unpack_from(">H", data, place + 2)[0]
    return data[:place] + data[place + 2 + length:]


def cmyk_jpegs():
    image = files.image(24, 16, "CMYK")
    return [files.cmyk_jpeg(24, 16), files.cmyk_jpeg(100, 5),
            files.encode(image, "JPEG", icc_profile=files.cmyk_profile()),
            files.encode(image, "JPEG", progressive=True, exif=files.exif(6))]


def jpegs():
    exif = [files.jpeg(40, 24, exif=files.exif(orientation)) for orientation in range(2, 9)]
    samplings = [files.jpeg(41, 27, subsampling=sampling, progressive=progressive)
                 for sampling in range(3) for progressive in (False, True)]
    gray = files.encode(files.image(33, 17, "L"), "JPEG")
    restarting = [files.restarting_jpeg(41, 27, every, progressive, sampling)
                  for sampling, every in ((0, 3), (2, 1), (3, 2), (5, 2))
                  for progressive in (False, True)]
    arithmetic = [files.arithmetic_jpeg(41, 27, progressive, sampling)
                  for sampling in (0, 2, 3) for progressive in (False, True)]
    arithmetic.append(files.arithmetic_jpeg(32, 32, TJ_RESTART="1b"))
    arithmetic.append(files.with_jpeg_segments(arithmetic[2], (0xE1, files.exif(6))))
    # Adobe's: Y, Cb and Cr, or what is left of them as R, G and B.
    adobe = [without_jfif(files.with_jpeg_segments(
        files.jpeg(20, 20), (0xEE, b"Adobe\0\x64" + bytes([0, 0, 0, 0, transform]))))
             for transform in (0, 1)]
    return samplings + exif + restarting + arithmetic + adobe + [
        gray, files.encode(files.image(33, 17, "L"), "JPEG", progressive=True),
        files.jpeg(1, 100), files.jpeg(100, 1, progressive=True), *cmyk_jpegs(),
        files.jpeg(24, 16, icc_profile=files.srgb_profile()),
        files.jpeg(24, 16, icc_profile=files.sampled_srgb_profile()),
        files.jpeg(24, 16, icc_profile=files.wide_profile()), malformed.scan_bomb(5, 64, 64),
        malformed.run_past_the_band(),
        malformed.jpeg_header(65500, 65500), files.jpeg(80, 64)[:-200]]


def pngs():
    modes = [files.encode(files.image(24, 16, mode), "PNG")
             for mode in ("RGB", "RGBA", "L", "LA", "P", "PA", "1")]
    return modes + [png.write(pixels.wide(pixels.rgb(17, 9))), png.header(50000, 50000),
                    files.encode(files.image(24, 16), "PNG", icc_profile=files.wide_profile())]


def filtered_rows(row_bytes, height=10):
    """Rows, each behind another of the five filters."""
    rows = pixels.rgb(row_bytes, height).reshape(height, -1)[:, :row_bytes]
    return b"".join(bytes([y % 5]) + row.tobytes() for y, row in enumerate(rows))


def more_chunks():
    """A chunk each, in some place: fuzz_png.c's read_one()."""
    contents = {0: [files.srgb_profile(), files.wide_profile(), files.gray_profile(), b"\0"],
                1: [files.exif(6)[6:], files.exif(1)[6:]], 2: [bytes([9, 16, 0, 1])],
                3: [bytes(range(4)), bytes(6)], 4: [bytes(range(24))],
                5: [struct.pack(">IIBBBBB", 17, 9, 8, 2, 0, 0, 0)]}
    chunks = [(kind, content) for kind in range(16) for content in contents.get(kind, [bytes(3)])]
    return [(kind + 16 * place, content) for kind, content in chunks for place in range(4)]


def png_parts():
    """What fuzz_png.c makes files of: a byte for colour type and bits each, sizes, flags, rows."""
    parts = []
    bits_of = [1, 2, 4, 8, 16]
    for colour_type, bits in [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 0), (2, 1),
                              (2, 2), (2, 3), (3, 3), (3, 4), (4, 3), (4, 4)]:
        colours, alphas = (4, 2) if colour_type == 2 else (0, 0)
        rows = filtered_rows((17 * (1, 3, 1, 2, 4)[colour_type] * bits_of[bits] + 7) // 8)
        palette = pixels.rgb(4, 4).tobytes()[:3 * colours + alphas]
        for flags in (0, 2, 4): # 2: in pieces, 4: interlaced
            parts.append(bytes([colour_type, bits, 16, 9, colours, alphas, flags]) + palette + rows)
    for number, (kind, content) in enumerate(more_chunks()):
        colour_type = (1, 4, 2)[number % 3]
        head = bytes([colour_type, 3, 16, 9, 4 if colour_type == 2 else 0, 0, 2 | 16])
        palette = pixels.rgb(4, 4).tobytes()[:12] if colour_type == 2 else b""
        rows = filtered_rows(17 * (3, 4, 1)[number % 3])
        parts.append(head + palette + struct.pack(">BH", kind, len(content)) + content + rows)
    return parts


def webps():
    image, alpha = files.image(24, 16), files.image(24, 16, "RGBA")
    drawing = files.image(90, 60).quantize(4).convert("RGB")
    turned = [files.encode(image, "WEBP", lossless=lossless, exif=exif)
              for lossless in (False, True) for exif in (files.exif(6), files.exif(3)[6:])]
    return turned + [
        files.encode(image, "WEBP"), files.encode(image, "WEBP", lossless=True),
        files.encode(alpha, "WEBP"), files.encode(alpha, "WEBP", lossless=True),
        files.encode(drawing, "WEBP", lossless=True), files.encode(files.image(1, 31), "WEBP"),
        files.animation("WEBP", 16, 12, 3), files.animation("WEBP", 16, 12, 3, lossless=True),
        files.encode(alpha, "WEBP", icc_profile=files.srgb_profile()),
        malformed.webp_extended(1 << 24, 128),
        files.encode(image, "WEBP", icc_profile=files.wide_profile(), exif=files.exif(6))]


def odd_gifs():
    """Frames beside one another, disposed of in each way; bytes that mean nothing."""
    frames = [gif.control(disposal=at % 4, transparent=at % 2 or None) +
              gif.frame(2 * at, at, 6, 5, at % 4, interlaced=at % 2) for at in range(5)]
    return [gif.screen(16, 12) + b"".join(frames), gif.screen(16, 12) + b"\0\0".join(frames) + b"xyz",
            gif.screen(0, 0, None) + gif.LOOP + b"".join(frames) + b";"]


def gifs():
    return [files.encode(files.image(24, 16, "P"), "GIF"), files.animation("GIF", 16, 12, 3),
            files.encode(files.image(24, 16, "P"), "GIF", interlace=1),
            files.encode(files.image(24, 16, "PA"), "GIF"), malformed.gif_of_frames(20),
            files.animation("GIF", 20, 10, 3, disposal=2), malformed.gif_header(65535, 65535), *odd_gifs()]


def written_tiffs():
    """Those that Pillow does not write."""
    rgb = pixels.rgb(24, 16)
    cmyk = np.concatenate([rgb, rgb[..., :1]], axis=-1)
    wide = [tiff.write(pixels.wide(rgb), tiff.RGB, order=order, big=big, compression=compression,
                       strips=3)
            for order, big, compression in (("<", False, 1), (">", True, 8), (">", False, 8))]
    return wide + [
        tiff.write(rgb, tiff.RGB, files.wide_profile()), tiff.write(rgb, tiff.LAB),
        tiff.write(cmyk, tiff.RGB), tiff.write(pixels.wide(cmyk), tiff.RGB, files.wide_profile()),
        tiff.write(cmyk, tiff.CMYK, files.cmyk_profile()), tiff.write(pixels.wide(cmyk), tiff.CMYK),
        tiff.write(np.concatenate([cmyk, rgb[..., :1]], axis=-1), tiff.CMYK),
        tiff.write(rgb[..., :2], tiff.GRAY, files.gray_profile()), tiff.write(rgb, tiff.GRAY)]


def tiffs():
    compressed = [files.encode(files.image(24, 16), "TIFF", compression=name)
                  for name in ("raw", "tiff_lzw", "tiff_deflate", "packbits", "jpeg")]
    modes = [files.encode(files.image(24, 16, mode), "TIFF") for mode in ("L", "RGBA", "P", "1", "CMYK")]
    pages = [files.image(12, 8, seed=seed) for seed in range(3)]
    faxes = [files.encode(files.image(24, 16, "1"), "TIFF", compression=name)
             for name in ("group3", "group4")]
    return compressed + modes + faxes + written_tiffs() + [
        files.encode(pages[0], "TIFF", save_all=True, append_images=pages[1:]),
        malformed.tiff_header(65536, 32768)]


def heics(kind):
    """AVIFs or HEICs: plain, turned, cut out, of tiles, with alpha, of wide colours."""
    brand, source = kind[:4].lower(), heif.smooth(64, 64)
    item = heif.coded(source, kind=kind)
    mask = item.having(heif.auxiliary(), references=[("auxl", [1])])
    items = [[item], [item.having(heif.irot(1), heif.imir(0))], [item.having(heif.clap(9, 7, 2, 1))],
             [heif.grid(1, 2, 100, 64, [2, 3]), item, item], [item, mask],
             [item.having(heif.nclx(9, 16, 9))], [item.having(heif.nclx(12, 8, 8, False))]]
    return [heif.file(each, brand) for each in items] + [heif.encode(source, kind=kind)]


def asked(images, *tails):
    """Each image with each question; an image of the short list would hide the others' branches."""
    return [image + tail for image in images for tail in tails]


def imaginary_targets():
    """Every 13th target of the table of requests to an imaginary, without the slash; most paths and
    parameters, in every syntax."""
    table = pathlib.Path(__file__).parents[1] / "service/imaginary/requests.tsv"
    targets = [line.split("\t")[2] for line in table.read_text(encoding="utf-8").splitlines()[1:]]
    return [target[1:].encode() for target in targets[::13]]


def seeds():
    whole = {"jpeg": jpegs(), "png": pngs(), "webp": webps(), "gif": gifs(), "tiff": tiffs(),
             "avif": heics("AVIF"), "heic": heics("HEIC")}
    result = {"parse": numbers(), "log": lines(), "params": targets(), "imaginary": imaginary_targets(), "multipart": forms(), "config": configurations(),
              "flags": command_lines(), "request": heads(), "job": messages(),
              "header": [image for images in whole.values() for image in images]}
    result["jpeg"] = asked(whole["jpeg"], GRAY, GRAY_QUALITY, HALF, ODD, EIGHTH, TINY, LARGE)
    result["jpeg"] += asked(whole["jpeg"][:4], SMALL, GRAY_SMALL) # jpegs() begins with the ordinary
    result["jpeg_decode"] = asked(whole["jpeg"], bytes([1, 7, 0, 0]), bytes([1, 7, 0, 1]),
                                  bytes([1, 3, 0, 2]), bytes([1, 3, 255, 9]),
                                  bytes([1, 1, 0, 15]), bytes([0, 5, 0, 4]))
    result["png"] = asked(png_parts(), GRAY, HALF, ODD, LARGE)
    result["png"] += asked(png_parts()[::5], SMALL, GRAY_SMALL)
    result["gif"] = asked(whole["gif"], GRAY, GRAY_SMALL)
    # What is kept, the result's format and orientation, the room for it: fuzz_metadata.c
    result["metadata"] = asked(metadata.containers(metadata.rich_block()) + whole["tiff"][-4:],
                               *[bytes([keep + 2 * to + 16 * turn, room]) for to in range(6)
                                 for keep, turn, room in ((1, 0, 255), (1, 5, 255), (0, 0, 255), (1, 0, 20))])
    for name, images in whole.items():
        result["image_" + name] = asked(images, GRAY, HALF, ODD, TINY, LARGE, SMALL)
    return result


def main(folder, list_path):
    written = []
    for target, inputs in seeds().items():
        place = pathlib.Path(folder) / target
        place.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            path = place / f"seed-{number:03}"
            path.write_bytes(data)
            written.append(str(path))
    pathlib.Path(list_path).write_text("\n".join(written) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
