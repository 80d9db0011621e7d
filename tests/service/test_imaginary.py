# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""imaginary's API: the answers of a real imaginary to some hundred requests, and ours to the same;
then what the table does not hold."""
import csv
import io
import json
import pathlib
import urllib.parse

import numpy
import pytest
from PIL import Image

from samples import files
from support.clients import Client
from support.processes import wait_until
from support.programs import LONG, SCALE, sanitizer

FOLDER = pathlib.Path(__file__).parent / "imaginary"
BOUNDARY = "xX4711Xx"
TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp"}
BODIES = {"": b"", "-empty": b"", "-garbage": bytes(range(1, 256)) * 8, "-text": b"this is no picture\n" * 20}
COLOURS_APART = 14 # of 255, on average over the grid


def read_table():
    with open(FOLDER / "requests.tsv", encoding="utf-8") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))


ROWS = read_table()
PATHS = sorted({row["target"].partition("?")[0] for row in ROWS})


@pytest.fixture(scope="module")
def scale(fleet):
    """With time for a sanitizer's largest WebP."""
    return fleet.scale(limits__deadline_ms=60000)


@pytest.fixture(scope="module", params=["gateway", "scale"])
def server(request, fleet, scale):
    return fleet.gateway(scale, limits__deadline_ms=60000) if request.param == "gateway" else scale


def body_of(row):
    if row["source"] in BODIES:
        return BODIES[row["source"]]
    if row["source"] == "-cut":
        return (FOLDER / "sources/land.jpg").read_bytes()[:3000]
    return (FOLDER / "sources" / row["source"]).read_bytes()


def as_form(name, body, file_name="a.jpg"):
    return (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
            "Content-Type: image/jpeg\r\n\r\n").encode() + body + b"\r\n"


def form_of(*files_):
    return b"".join(as_form(name, body) for name, body in files_) + f"--{BOUNDARY}--\r\n".encode()


FORM_TYPE = {"Content-Type": "multipart/form-data; boundary=" + BOUNDARY}


def send(client, row):
    body, content_type = body_of(row), row["ctype"]
    if row["form"]:
        return client.request(row["method"], row["target"], form_of((row["form"], body)), FORM_TYPE)
    if not content_type and row["source"][:1] not in ("", "-"):
        content_type = TYPES[pathlib.Path(row["source"]).suffix]
    return client.request(row["method"], row["target"], body if row["method"] != "GET" else None,
                          {"Content-Type": content_type} if content_type else {})


def grid_of(image):
    transparent = "A" in image.mode or "transparency" in image.info
    small = image.convert("RGBA" if transparent else "RGB").resize((4, 4), Image.BOX).convert("RGBA")
    return numpy.asarray(small, float).reshape(-1, 4)


def read_grid(text):
    cells = [bytes.fromhex(cell) for cell in text.split()]
    return numpy.array([list(cell) if len(cell) == 4 else [*cell, 255] for cell in cells], float)


def grids_apart(first, second):
    opacity = numpy.minimum(first[:, 3:], second[:, 3:]) / 255
    colours = (numpy.abs(first[:, :3] - second[:, :3]) * opacity).mean()
    return colours + numpy.abs(first[:, 3] - second[:, 3]).mean()


def image_differences(row, may, reply):
    image = Image.open(io.BytesIO(reply.body))
    image.load()
    tags = image.getexif()
    if image.format.lower() != row["format"]:
        yield f"format {image.format}"
    sizes = zip(image.size, (row["width"], row["height"]))
    if "size" not in may and any(abs(ours - int(theirs)) > 1 for ours, theirs in sizes):
        yield f"{image.size}, not {row['width']} x {row['height']}"
    marks = {"exif": 0x8298 in tags or 0x10e in tags, "gps": bool(tags.get_ifd(0x8825)),
             "icc": "icc_profile" in image.info}
    if "meta" not in may:
        yield from (f"{name} {found}" for name, found in marks.items() if int(found) != int(row[name]))
    if str(tags.get(0x112, 1)) != (row["orientation"] or "1"):
        yield f"orientation {tags.get(0x112)}, not {row['orientation']}"
    if not {"size", "grid"} & may:
        apart = grids_apart(grid_of(image), read_grid(row["grid"]))
        if apart > COLOURS_APART:
            yield f"colours {apart:.0f} apart"
    if (reply.headers.get("image-width"), reply.headers.get("image-height")) != tuple(map(str, image.size)):
        yield "Image-Width, Image-Height"


def info_differences(row, may, reply):
    ours, theirs = reply.json(), json.loads(row["message"])
    for name in theirs:
        if name not in may and ours.get(name) != theirs[name]:
            yield f"{name} {ours.get(name)}, not {theirs[name]}"


def differences(row, reply):
    may = set(row["ours"].replace(":", " ").replace(",", " ").split())
    if "501" in may and reply.status == 501:
        return []
    if "status" not in may and str(reply.status)[0] != row["status"][0]:
        return [f"status {reply.status}, not {row['status']}"]
    if reply.status >= 400:
        ours = row["target"].partition("?")[0] not in ("/", "/info", "/nothing") and reply.status != 405
        return ["no message"] if ours and not reply.json().get("message") else []
    if row["status"] != "200" or row["format"] != reply.media_type.partition("/")[2]:
        return [] if row["status"] != "200" or "status" in may else [f"{reply.media_type}, not {row['format']}"]
    if reply.media_type == "application/json":
        return list(info_differences(row, may, reply)) if row["target"].startswith("/info") else []
    return list(image_differences(row, may, reply))


def sample(server, rows):
    """Beside a sanitizer it is code that is looked at, which every sixth row goes through as well. The scale
    server has answered most of them behind the gateway: every fourth again, in the long form all."""
    plain = 4 if server.program == SCALE and not LONG else 1
    return rows[::plain if sanitizer() == "none" else 6]


@pytest.mark.parametrize("path", PATHS)
def test_table(server, path):
    """The rows of the path hold."""
    found = []
    with Client(server) as client:
        for row in sample(server, [row for row in ROWS if row["target"].partition("?")[0] == path]):
            if path == "/" and server.program.name == "grisaille-scale":
                continue
            problems = differences(row, send(client, row))
            if problems:
                found.append(f"{row['id']} {urllib.parse.unquote(row['target'])[:150]} {row['source']}: "
                             + "; ".join(problems))
    assert found == []


def pipeline(*operations):
    wanted = [{"operation": name, "params": parameters} for name, parameters in operations]
    return "/pipeline?operations=" + urllib.parse.quote(json.dumps(wanted))


def assert_refused(reply, status, words):
    """A problem like all others, with the member that imaginary's clients read."""
    assert reply.status == status and reply.media_type == "application/problem+json", reply.body
    assert reply.json()["message"] == reply.json()["detail"] and words in reply.json()["message"]


def test_every_error_has_a_message(server):
    """Also of /info, and of methods that are not taken."""
    with Client(server) as client:
        for method, path, body, status in (("POST", "/info?width=0", files.jpeg(), 400), ("POST", "/info", b"text" * 50, 415),
                                           ("POST", "/info", b"", 400), ("GET", "/info", None, 405),
                                           ("GET", "/resize?width=5", None, 405), ("DELETE", "/pipeline", None, 405)):
            reply = client.request(method, path, body)
            assert reply.status == status and reply.json()["message"] == reply.json().get("detail", ""), reply


def test_unknown_names_are_ignored(server):
    """Whatever their values are."""
    with Client(server) as client:
        for query in ("unknown=%ff", "width=%zz", "%77ho=%c3%28"):
            status = client.post(f"/blur?sigma=1&{query}", files.jpeg()).status
            assert status == (400 if "width" in query else 200), query


def test_refusals(server):
    body = files.jpeg()
    with Client(server) as client:
        for path, status, words in (
                ("/resize?width=abc", 400, "width"), ("/pipeline?operations=", 400, "JSON"),
                (pipeline(*[("flip", {})] * 11), 400, "10"), ("/watermark?text=a", 501, "watermark"),
                ("/watermarkimage?image=http://127.0.0.1/", 501, "watermark"),
                ("/resize?width=9&url=http://127.0.0.1/a.jpg", 501, "url"),
                ("/pipeline?operations=%5B%7B%22operation%22:%22fit%22,%22params%22:%7B%22width%22:1e400%7D%7D%5D", 400, "width"),
                ("/resize?width=9&file=a.jpg", 501, "file"), ("/blur?sigma=101", 400, "sigma"),
                ("/blur?sigma=3&minampl=0.001", 400, "minampl"), ("/zoom?factor=1000", 422, "limits."),
                (pipeline(("enlarge", {"width": 12000, "height": 12000}), ("fit", {"width": 9, "height": 9})),
                 422, "limits.max_pixels")):
            assert_refused(client.post(path, body), status, words)
        assert_refused(client.post("/resize?width=9", b""), 400, "empty")
        assert_refused(client.post("/resize?width=9", b"no picture at all" * 9), 415, "JPEG")
        assert_refused(client.post("/resize?width=9", body[:-200]), 422, "")


def test_foreign_parameters_are_ignored(server):
    """Ours and unknown ones, in the query and in a form."""
    body = files.jpeg(64, 48)
    form = (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="width"\r\n\r\n9\r\n').encode() + \
        form_of(("file", body))
    with Client(server) as client:
        for reply in (client.post("/resize?width=32&scale=0.5&gray=luma&nonsense=1", body),
                      client.post("/resize?width=32", form, FORM_TYPE)):
            assert reply.status == 200 and reply.headers["image-width"] == "32"


def test_several_files(server):
    """`field`, or else "file", chooses; one file counts under any name."""
    small, large = files.jpeg(40, 30), files.jpeg(60, 40)
    with Client(server) as client:
        def width(query, *parts):
            reply = client.post("/autorotate" + query, form_of(*parts), FORM_TYPE)
            return reply.headers["image-width"] if reply.status == 200 else reply.status
        assert width("", ("x", small)) == "40"
        assert width("", ("x", small), ("file", large)) == "60"
        assert width("", ("file", large), ("x", small)) == "60"
        assert width("?field=x", ("file", large), ("x", small)) == "40"
        assert width("?field=y", ("file", large), ("x", small)) == 400
        assert width("", ("a", large), ("b", small)) == 400


def test_key_is_accepted(server):
    with Client(server) as client:
        assert client.post("/resize?key=&width=9&key=x", files.jpeg()).status == 200


def test_key_is_not_logged(server):
    """However it is encoded, and whatever becomes of the request."""
    with Client(server) as client:
        for query in ("key=hush&width=11", "width=11&%6bey=hush&height=12", "width=x&key=hush"):
            client.post(f"/resize?{query}", files.jpeg())
    for logged in ("/resize 200 ", "/resize 400 "):
        wait_until(lambda logged=logged: logged in server.log(), 5, logged)
    assert "hush" not in server.log()


def test_health(server):
    with Client(server) as client:
        reply = client.request("GET", "/health")
        assert reply.status == 200 and reply.media_type == "application/json"
        assert reply.json()["uptime"] >= 0 and reply.json()["cpus"] >= 1


def test_first_frame(server):
    """Whatever is written, it is one frame."""
    body = files.animation("GIF")
    with Client(server) as client:
        for kind in ("gif", "webp", "png", "jpeg"):
            reply = client.post(f"/convert?type={kind}", body)
            assert reply.status == 200
            assert getattr(Image.open(io.BytesIO(reply.body)), "n_frames", 1) == 1


def test_automatic_type(server):
    """imaginary's own three types, in the order of Accept."""
    with Client(server) as client:
        for accept, media_type in (("image/avif,image/webp,*/*", "image/webp"), ("image/png;q=0.1, image/webp",
                                   "image/png"), ("*/*", "image/jpeg"), ("text/html", "image/jpeg")):
            reply = client.post("/convert?type=auto", files.jpeg(), {"Accept": accept})
            assert (reply.status, reply.media_type, reply.headers["vary"]) == (200, media_type, "Accept")


def test_info_takes_their_parameters(server):
    with Client(server) as client:
        assert client.post("/info?field=x&key=&norotation=1&operations=", files.jpeg()).status == 200
        assert client.post("/info?nonsense=1", files.jpeg()).status == 400
