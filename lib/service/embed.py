#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Makes C strings of files: embed.py FILE... >HEADER. Of page.css come `page_css`, terminated, and
PAGE_CSS_SHA256, by which a Content-Security-Policy names a style or script that stands in a page."""
import base64
import hashlib
import pathlib
import re
import sys


def main():
    print("/* Made by lib/service/embed.py. */")
    for path in map(pathlib.Path, sys.argv[1:]):
        content = path.read_bytes()
        name = re.sub(r"\W", "_", path.name)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        print(f'#define {name.upper()}_SHA256 "sha256-{digest}"')
        print(f"static const char {name}[] = {{{','.join(map(str, content))},0}};")


if __name__ == "__main__":
    main()
