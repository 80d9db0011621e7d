# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The reader of forms, without a server, beside two others: one in Python, written from the RFCs, for
forms of every kind and broken ones; and Python's email package, for those that are sound."""
import email.message
import email.policy
import random
import re
import struct
import subprocess

from support.programs import BUILD

CASES = 6000
TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
PARAMETER = re.compile(rb'[ \t]*;[ \t]*(' + TOKEN + rb')=(?:"((?:[^"\\]|\\.)*)"|([^;" \t]+))', re.DOTALL)


def expected_parts(boundary, body):
    """[(is a file, name, content)], or None: broken."""
    padding = rb"[ \t]{0,64}"
    line = re.escape(b"--" + boundary) + rb"(?:(--)" + padding + rb"(?:\r\n|\Z)|" + padding + rb"\r\n)"
    later = re.compile(rb"\r\n" + line)
    found = re.compile(line).match(body) or later.search(body)
    if found is None or found.start() >= 1024:
        return None
    parts = []
    while found[1] is None:
        at = found.end()
        end = body.find(b"\r\n\r\n", at, at + 4096)
        head = read_head(boundary, body[at:end]) if end >= 0 else None
        found = later.search(body, end + 2) if head else None
        if found is None:
            return None
        content = body[end + 4:found.start()] if found.start() > end + 2 else b""
        if not head[0] and len(content) > 16384:
            return None
        parts.append((*head, content))
    return parts if len(parts) <= 128 else None


def read_head(boundary, head):
    """(is a file, name), or None."""
    dispositions = []
    for line in head.split(b"\r\n"):
        field = re.fullmatch(rb"(" + TOKEN + rb"):([^\x00-\x08\x0a-\x1f\x7f]*)", line)
        if field is None or line.startswith(b"--" + boundary):
            return None
        name, value = field[1].lower(), field[2]
        if name == b"content-disposition":
            dispositions.append(value)
        if name == b"content-transfer-encoding" and value.strip(b" \t").lower() not in (
                b"binary", b"8bit", b"7bit"):
            return None
    return read_disposition(dispositions[0]) if len(dispositions) == 1 else None


def read_disposition(value):
    kind = re.match(rb"[ \t]*(" + TOKEN + rb")", value)
    if kind is None or kind[1].lower() != b"form-data":
        return None
    at, given = kind.end(), []
    while True:
        empty = re.compile(rb"[ \t]*(?:;[ \t]*(?=;|\Z))*[ \t]*").match(value, at)
        at = empty.end()
        if at == len(value):
            break
        found = PARAMETER.match(value, at)
        if found is None:
            return None
        given.append((found[1].lower(), found[2] if found[3] is None else found[3]))
        at = found.end()
    count = {name: sum(name == one for one, _ in given) for name in (b"name", b"filename", b"filename*")}
    if count[b"name"] != 1 or count[b"filename"] > 1 or count[b"filename*"] > 1:
        return None
    name, is_file = dict(given)[b"name"], count[b"filename"] + count[b"filename*"] > 0
    return (is_file, name) if len(name) <= 256 and (name or is_file) else None


def by_email(boundary, body):
    """The same by the standard library, which takes far more for sound."""
    head = b"Content-Type: multipart/form-data; boundary=\"" + boundary + b"\"\r\n\r\n"
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP.clone(
        message_factory=email.message.Message))
    return [(part.get_param("filename", header="content-disposition") is not None,
             part.get_param("name", header="content-disposition").encode(),
             part.get_payload(decode=True)) for part in message.get_payload()]


def content(rng, boundary):
    """Anything, with what looks like the end of it."""
    pieces = [b"\r\n", b"--", b"\r", b"\n", b"--" + boundary, boundary, b"\r\n--" + boundary + b"x",
              b"\r\n--" + boundary[:-1], b"\r\n\r\n", b"value", bytes(rng.choices(range(256), k=30))]
    text = b"".join(rng.choices(pieces, k=rng.randrange(6)))
    return re.sub(re.escape(b"--" + boundary) + rb"(?=[ \t]*[\r-]|\Z)", b"==", text)


def part(rng, boundary):
    name = rng.choice([b"scale", b"width", b"a b", "\u00e9".encode(), b"image"])
    disposition = rng.choice([b'Content-Disposition: form-data; name="%s"', b'content-disposition:form-data;name="%s"',
                              b'Content-Disposition: form-data; name="%s"; filename="a.jpg"',
                              b'Content-Disposition: form-data; filename=""; name="%s"',
                              b'Content-Disposition: form-data ;; name="%s" ; ']) % name
    others = rng.choice([b"", b"Content-Type: image/jpeg\r\n", b"X-Y:\r\n", b"Content-Transfer-Encoding: binary\r\n"])
    return b"--" + boundary + rng.choice([b"", b"", b" \t"]) + b"\r\n" + others + disposition + b"\r\n\r\n" + \
        content(rng, boundary) + b"\r\n"


def sound_form(rng, boundary):
    parts = b"".join(part(rng, boundary) for _ in range(rng.randrange(5)))
    return rng.choice([b"", b"", b"preamble\r\n"]) + parts + b"--" + boundary + b"--" + \
        rng.choice([b"\r\n", b"", b" \r\nepilogue"])


def mutated(rng, body):
    """With a few bytes that are gone, doubled, or others."""
    data = bytearray(body)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data))
        how = rng.randrange(4)
        if how == 0:
            del data[at:at + rng.randrange(1, 5)]
        elif how == 1:
            data[at:at] = data[at:at + rng.randrange(1, 60)]
        elif how == 2:
            data[at] = rng.choice(b'\r\n-";: =\\\0x')
        else:
            data = data[:max(at, 1)]
        data = data or bytearray(b"-")
    return bytes(data)


def read_all(cases):
    """What the reader says of each: [(content type, body, bytes of a piece)]."""
    sent = b"".join(struct.pack("<4I", len(kind), len(body), piece, 0) + kind + body
                    for kind, body, piece in cases)
    done = subprocess.run([BUILD / "tests/tools/multipart_cli"], input=sent, capture_output=True, check=True)
    return [parsed(line) for line in done.stdout.decode().splitlines()]


def parsed(line):
    words = line.split()
    if words[0] == "broken":
        return None
    data = [b"" if word == "-" else word for word in words[1:]]
    return [(data[i] == "file", bytes.fromhex(data[i + 1] or ""), bytes.fromhex(data[i + 2] or ""))
            for i in range(0, len(data), 3)]


BOUNDARIES = [b"b", b"----WebKitFormBoundary7MA4YWxkTrZu0gW", b"a:b", b"-", b"--", b"x" * 70]


def cases_of(rng, make):
    for _ in range(CASES):
        boundary = rng.choice(BOUNDARIES)
        kind = b'multipart/form-data; boundary="' + boundary + b'"'
        yield boundary, (kind, make(boundary), rng.choice([1, 7, 64, 1000, 100000]))


def test_sound_forms():
    """What is put in comes out, to us and to both others."""
    rng = random.Random(12)
    made = list(cases_of(rng, lambda boundary: sound_form(rng, boundary)))
    found = read_all([case for _, case in made])
    assert sum(result is not None for result in found) > CASES * 0.95
    for (boundary, (_, body, _)), result in zip(made, found, strict=True):
        assert result == expected_parts(boundary, body), body


def test_beside_email():
    """Python's email package reads the same, of forms with plain contents."""
    rng = random.Random(13)
    made = []
    for _ in range(300):
        fields = [(rng.random() < 0.5, b"n%d" % i, bytes(rng.choices(b"abc \t=%+\r\n-", k=rng.randrange(40)))
                   .replace(b"\r", b"").replace(b"\n", b"\r\n")) for i in range(rng.randrange(1, 5))]
        body = b"".join(b'--bb\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (
            name, b'; filename="f"' if is_file else b"", data) for is_file, name, data in fields) + b"--bb--\r\n"
        made.append((fields, body))
    found = read_all([(b"multipart/form-data; boundary=bb", body, 50) for _, body in made])
    for (fields, body), result in zip(made, found, strict=True):
        assert result == fields == by_email(b"bb", body), body


def test_broken_forms():
    """Whatever the bytes, two readers agree."""
    rng = random.Random(14)
    made = list(cases_of(rng, lambda boundary: mutated(rng, sound_form(rng, boundary))))
    found = read_all([case for _, case in made])
    broken = sum(result is None for result in found)
    assert CASES * 0.1 < broken < CASES * 0.9
    for (boundary, (_, body, piece)), result in zip(made, found, strict=True):
        assert result == expected_parts(boundary, body), (piece, body)
