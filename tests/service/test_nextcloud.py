# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Nextcloud's preview generator, as lib/private/Preview/Imaginary.php asks: what it sends, on one
kept connection, and what it reads."""
import io
import json
import pathlib
import urllib.parse

import numpy
import pytest
from PIL import Image

from samples import files, heif
from support.clients import RawConnection

AUTOROTATE = {"operation": "autorotate"}
CHUNK_BYTES = 8192
SIZE = (120, 80) # of the sample, upright


def operations_for(declared, width, height, crop=True):
    """The types that its preview generator asks for, by the type that the file has in its database."""
    convert, mime = None, "jpeg"
    if declared in ("image/gif", "image/png"):
        mime = "png"
    elif declared in ("image/svg+xml", "application/pdf"):
        convert = {"operation": "convert", "params": {"type": "png"}}
    elif declared == "image/webp":
        mime = "webp"
    quality = {"jpeg": "80", "webp": "80"}.get(mime)
    parameters = {"width": width, "height": height, "stripmeta": "true", "type": mime, "norotation": "true"}
    if quality:
        parameters["quality"] = quality
    return [convert or AUTOROTATE, {"operation": "smartcrop" if crop else "fit", "params": parameters}]


def target(operations):
    encoded = urllib.parse.quote(json.dumps(operations, separators=(",", ":")), safe="")
    return f"/pipeline?operations={encoded}&key="


class Nextcloud:
    """Sends as PHP's curl does: a body that it streams, and no word about its end but the framing."""

    def __init__(self, server):
        self.connection = RawConnection(server)

    def preview(self, operations, body, declared, chunked=False):
        head = (f"POST {target(operations)} HTTP/1.1\r\nHost: imaginary\r\nUser-Agent: Nextcloud-Server-Crawler/30\r\n"
                f"Accept: */*\r\nAccept-Encoding: gzip\r\nContent-Type: {declared}\r\nExpect: 100-continue\r\n")
        head += "Transfer-Encoding: chunked\r\n" if chunked else f"Content-Length: {len(body)}\r\n"
        self.connection.send(head.encode() + b"\r\n")
        for start in range(0, len(body), CHUNK_BYTES):
            piece = body[start:start + CHUNK_BYTES]
            self.connection.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.connection.send(b"0\r\n\r\n")
        return self.connection.read_reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()


def shown(reply):
    """The image, if it would be shown."""
    assert reply.status == 200, reply.body
    assert reply.headers["content-type"].startswith("image/")
    image = Image.open(io.BytesIO(reply.body))
    assert (int(reply.headers["image-width"]), int(reply.headers["image-height"])) == image.size
    assert Image.MIME[image.format] == reply.headers["content-type"]
    assert not image.getexif() and "icc_profile" not in image.info
    return image


def scene():
    """Red at the left, blue at the right, a bright top: upright in one of eight ways only."""
    pixels = numpy.zeros((SIZE[1], SIZE[0], 3), numpy.uint8)
    pixels[:, :60, 0], pixels[:, 60:, 2], pixels[:30, :, 1] = 200, 200, 160
    return pixels


def assert_upright(image):
    pixels = numpy.asarray(image.convert("RGB"), int)
    height, width, _ = pixels.shape
    left, right, top = pixels[-height // 3:, :width // 3], pixels[-height // 3:, -width // 3:], pixels[:height // 4]
    assert left[..., 0].mean() > 120 > left[..., 2].mean(), "left is red"
    assert right[..., 2].mean() > 120 > right[..., 0].mean(), "right is blue"
    assert top[..., 1].mean() > 100, "the top is bright"


def jpeg_turned(orientation):
    back = {1: None, 3: Image.ROTATE_180, 6: Image.ROTATE_90, 8: Image.ROTATE_270}[orientation]
    image = Image.fromarray(scene())
    return files.encode(image.transpose(back) if back is not None else image, "JPEG", quality=92,
                        exif=files.exif(orientation))


def heif_turned(kind):
    """Stored on its side, and turned upright by its own box: one quarter against the clock."""
    item = heif.coded(numpy.ascontiguousarray(numpy.rot90(scene(), -1)), kind=kind)
    return heif.file([item.having(heif.irot(1))], kind.lower())


FORMATS = {
    "jpeg": (lambda: jpeg_turned(1), "image/jpeg", "JPEG"),
    "jpeg turned": (lambda: jpeg_turned(6), "image/jpeg", "JPEG"),
    "jpeg upside down": (lambda: jpeg_turned(3), "image/jpeg", "JPEG"),
    "jpeg as heic": (lambda: jpeg_turned(8), "image/heic", "JPEG"),
    "png": (lambda: files.encode(Image.fromarray(scene()), "PNG"), "image/png", "PNG"),
    "gif": (lambda: files.encode(Image.fromarray(scene()), "GIF"), "image/gif", "PNG"),
    "webp": (lambda: files.encode(Image.fromarray(scene()), "WEBP", quality=90), "image/webp", "WEBP"),
    "tiff": (lambda: files.encode(Image.fromarray(scene()), "TIFF"), "image/tiff", "JPEG"),
    "heic": (lambda: heif_turned("HEIC"), "image/heic", "JPEG"),
    "avif": (lambda: heif_turned("AVIF"), "image/avif", "JPEG"),
    "webp as svg": (lambda: files.encode(Image.fromarray(scene()), "WEBP", quality=90), "image/svg+xml", "JPEG"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_previews(gateway, name):
    """Every format that it lists, and that we take: both shapes, streamed both ways, one connection."""
    make, declared, result = FORMATS[name]
    body = make()
    with Nextcloud(gateway) as client:
        for chunked in (False, True):
            image = shown(client.preview(operations_for(declared, 64, 64), body, declared, chunked))
            assert (image.size, image.format) == ((64, 64), result)
            image = shown(client.preview(operations_for(declared, 60, 4096, False), body, declared, chunked))
            assert (image.size, image.format) == ((60, 40), result)
            assert_upright(image)
            image = shown(client.preview(operations_for(declared, 1024, 1024, False), body, declared, chunked))
            assert image.size == SIZE, "never enlarged"
            assert_upright(image)


def test_transparency(gateway):
    body = files.encode(files.image(64, 48, "RGBA"), "PNG")
    with Nextcloud(gateway) as client:
        image = shown(client.preview(operations_for("image/png", 32, 32, False), body, "image/png"))
        assert image.mode == "RGBA"


def test_animation(gateway):
    """A preview is the first frame."""
    with Nextcloud(gateway) as client:
        image = shown(client.preview(operations_for("image/gif", 32, 32), files.animation("GIF"), "image/gif"))
        assert image.format == "PNG"


@pytest.mark.parametrize("body", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 4, files.jpeg()[:-300]],
                         ids=["empty", "svg", "cut"])
def test_errors(gateway, body):
    """It logs `message`, and goes on: with the same connection or another."""
    with Nextcloud(gateway) as client:
        reply = client.preview(operations_for("image/jpeg", 64, 64), body, "image/jpeg")
        assert 400 <= reply.status < 500
        assert isinstance(reply.json()["message"], str) and reply.json()["message"]
        assert "json" in reply.headers["content-type"]


def test_large_file(fleet):
    """A file of 50 MB, with the limits of docs/nextcloud.md."""
    gateway = fleet.gateway(fleet.scale(**limits_of_the_document("scale")), **limits_of_the_document("gateway"))
    body = jpeg_turned(6) + bytes(50_000_000)
    with Nextcloud(gateway) as client:
        assert_upright(shown(client.preview(operations_for("image/jpeg", 60, 60, False), body, "image/jpeg", True)))


def limits_of_the_document(program):
    """The configuration that docs/nextcloud.md shows."""
    text = (pathlib.Path(__file__).parents[2] / "docs/nextcloud.md").read_text(encoding="utf-8")
    block = text.split(f"<!-- {program}.json -->")[1].split("```json")[1].split("```")[0]
    flat = {}
    for section, settings in json.loads(block).items():
        flat |= {f"{section}__{key}": value for key, value in settings.items()}
    return flat
