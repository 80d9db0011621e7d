# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Images that are commands for the hostile worker (tests/hostile_worker/commands.h)."""
from samples import png

HEAD = png.header(1, 1)


def image(command="echo", payload="", size=0):
    """An command, a payload that makes it different from all others, and bytes up to `size`."""
    body = HEAD + f"{command}\n{payload}\n".encode()
    return body + bytes(max(0, size - len(body)))


def read_answer(body):
    """What an command left behind the header, as text."""
    return body[len(HEAD):].split(b"\0", 1)[0].decode(errors="replace")
