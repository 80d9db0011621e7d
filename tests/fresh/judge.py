#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Judges what README's curl lines have answered for photo.jpg.

    tests/fresh/judge.py FOLDER     photo.jpg, the lines, the files that they name behind -o, and
                                    what they said otherwise

Says nothing where all is right; else what is wrong, exit code 1."""
import pathlib
import re
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from PIL import Image # noqa: E402
from support import judges # noqa: E402

WORST_PSNR = 30


def expected(photo, line):
    """What the line asks for, made by Pillow."""
    url = urllib.parse.urlsplit(re.search(r"http://[^ ']+", line)[0])
    fields = dict(urllib.parse.parse_qsl(url.query)) | dict(re.findall(r" -F (\w+)=([^@\s]+)", line))
    known = {"": "L", "/": "L", "/gray": "L", "/scale": "RGB", "/image": "RGB"}
    if url.path not in known or set(fields) - {"scale", "width", "format"}:
        raise ValueError("no judge knows this line")
    factor = float(fields.get("scale", 1))
    if "width" in fields:
        factor = min(1, int(fields["width"]) / photo.width)
    size = tuple(judges.scaled(side, factor) for side in photo.size)
    return photo.convert(known[url.path]).resize(size, Image.LANCZOS)


def judge(folder, line, said):
    """None, or what is wrong with the line's answer."""
    name = re.search(r" -o (\S+)", line)
    if name is None:
        return None if line.endswith("/readyz") and '"ready":true' in said else "not known, or not ready"
    wanted = expected(Image.open(folder / "photo.jpg"), line)
    got = judges.open_image((folder / name[1]).read_bytes())
    kind = {"jpg": "JPEG", "webp": "WEBP"}[name[1].rpartition(".")[2]]
    if (got.format, got.mode, got.size) != (kind, wanted.mode, wanted.size):
        return f"{got.format} {got.mode} {got.size}, not {kind} {wanted.mode} {wanted.size}"
    decibels = judges.psnr(judges.array(got), judges.array(wanted))
    return None if decibels > WORST_PSNR else f"{decibels:.1f} dB"


def main(folder):
    wrong, said = 0, (folder / "said").read_text()
    for line in (folder / "lines").read_text().splitlines():
        try:
            problem = judge(folder, line, said)
        except (OSError, ValueError) as error:
            problem = str(error)
        if problem:
            print(f"{line}\n    {problem}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
