#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""A threaded Python server whose images are made by Pillow children, one a core."""
import concurrent.futures
import http.server
import io
import os
import signal
import sys
import urllib.parse

from PIL import Image


def make(body, path, factor):
    image = Image.open(io.BytesIO(body))
    form = image.format
    if factor:
        image.thumbnail(tuple(max(1, int(length * factor + 0.5)) for length in image.size))
    if path in ("/", "/gray"):
        image = image.convert("L")
    out = io.BytesIO()
    image.save(out, form, quality=80)
    return out.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        url = urllib.parse.urlsplit(self.path)
        factor = float(urllib.parse.parse_qs(url.query).get("scale", ["0"])[0])
        made = children.submit(make, body, url.path, factor).result()
        self.send_response(200)
        self.send_header("Content-Length", str(len(made)))
        self.end_headers()
        self.wfile.write(made)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)) # children end with an orderly exit only
    children = concurrent.futures.ProcessPoolExecutor(os.cpu_count())
    list(children.map(abs, range(8))) # they start before the first image
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None # a client that has left
    print(server.server_port, flush=True)
    server.serve_forever()
