# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Scale servers that do everything but their work."""
import contextlib
import re
import socket
import threading
import time


class Fake:
    """Takes connections and gives each request to `answer(connection, body)`, which writes what it
    likes; false ends the connection. /readyz is answered as a healthy server would."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.requests = 0
        self.heads = [] # of all requests, as they came
        self.ending = threading.Event()
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(connection)
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, contextlib.suppress(OSError):
            while True:
                target, body = read_request(connection, self.heads)
                if target is None:
                    return
                if target == "/readyz":
                    connection.sendall(head(200, "application/json", 2) + b"{}")
                    continue
                self.requests += 1
                if not self.answer(connection, body):
                    return

    def hang(self, seconds=60):
        """Does nothing, until the test ends at the latest."""
        self.ending.wait(seconds)

    def close(self):
        self.ending.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def head(status, media_type, length):
    return (f"HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\n"
            f"Content-Length: {length}\r\n\r\n").encode()


def read_request(connection, heads):
    """Target and body of the next request, whose head is added to `heads`; (None, None) at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None, None
        data += piece
    headers, _, body = data.partition(b"\r\n\r\n")
    heads.append(headers)
    found = re.search(rb"content-length: *(\d+)", headers, re.IGNORECASE)
    length = int(found[1]) if found else 0
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return None, None
        body += piece
    return headers.split()[1].decode(), body


def drip(connection, data, seconds, pieces=10):
    """Sends in pieces over so long."""
    step = -(-len(data) // pieces)
    for start in range(0, len(data), step):
        connection.sendall(data[start:start + step])
        time.sleep(seconds / pieces)
