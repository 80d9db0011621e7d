# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""200 connections that drip, in the header section and in the body, while an honest client from
another address goes on. How much slower its answers are is printed, not judged: it depends on the
machine."""
import http.client
import socket
import statistics
import threading
import time

from pictures import files

DRIPPING = 200
ROUNDS, SECONDS = 4, 0.6
PICTURE = files.jpeg(320, 240)


class Loris:
    """Connections that send a byte now and then and never come to an end."""

    def __init__(self, server):
        self.stop = threading.Event()
        starts = [b"POST /gray HTTP/1.1\r\nHost: loris\r\nX-Drip: ",
                  b"POST /gray HTTP/1.1\r\nHost: loris\r\nContent-Length: 100000\r\n\r\n\xff\xd8\xff"]
        self.sockets = []
        for number in range(DRIPPING):
            raw = socket.create_connection((server.host, server.port), 10)
            raw.sendall(starts[number % 2])
            self.sockets.append(raw)
        self.thread = threading.Thread(target=self.drip)

    def drip(self):
        while not self.stop.wait(0.2):
            for raw in self.sockets:
                raw.send(b"a")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        for raw in self.sockets:
            raw.close()


def p99_ms(server):
    """Of an honest client on one connection, from an address of its own. Every answer is right."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=30,
                                            source_address=("127.0.0.2", 0))
    times, end = [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        began = time.monotonic()
        connection.request("POST", "/gray", PICTURE)
        response = connection.getresponse()
        assert response.status == 200 and response.read().startswith(b"\xff\xd8")
        times.append((time.monotonic() - began) * 1000)
    connection.close()
    return sorted(times)[int(len(times) * 0.99)]


def test_honest_clients_go_on(own):
    """Every honest request is answered, whatever drips beside it."""
    server = own.gateway()
    calm, beside = [], []
    for _ in range(ROUNDS):
        calm.append(p99_ms(server))
        with Loris(server):
            beside.append(p99_ms(server))
    ratio = statistics.median(beside) / statistics.median(calm)
    print(f"\np99 {statistics.median(calm):.2f} ms undisturbed, {statistics.median(beside):.2f} ms "
          f"beside {DRIPPING} dripping connections: {ratio:.2f}")
