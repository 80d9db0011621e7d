# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What one client can do to a server, each as a context manager: it goes on until the end of `with`.
`target` has the server, the path of its work and the client's address, and counts the requests."""
import concurrent.futures
import contextlib
import http.client
import itertools
import signal
import socket
import struct
import threading
import time

from attacks.honest_client import Answer, Measure
from samples import bombs, files
from support.clients import Client, RawConnection, request_head

SMALL = files.jpeg(64, 48)
MIB = 1 << 20
BODY_BYTES = 6 * MIB
# More than the kernel's buffers of a connection hold.
LARGE = files.encode(files.image(3000, 2500, "L"), "TIFF")
SENDERS, SEND_SECONDS = 16, 1
CHUNKED = "Transfer-Encoding: chunked"


def connect(target, timeout=5):
    return RawConnection(target.server, timeout, next(target.greedy))


def open_and_send(target, data, receive_bytes):
    """A connection that has sent this, or as much of it as the server takes soon. None: not let in."""
    target.requests += 1
    try:
        raw = connect(target)
    except OSError:
        return None
    if receive_bytes:
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    raw.socket.settimeout(SEND_SECONDS)
    with contextlib.suppress(OSError):
        raw.send(data)
    return raw


@contextlib.contextmanager
def held(target, count, *data, receive_bytes=0):
    """So many connections that have sent one of these in turn, and then neither send nor read."""
    turns = itertools.cycle(data)
    with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        sent = [pool.submit(open_and_send, target, next(turns), receive_bytes)
                for _ in range(count)]
    raws = [raw for raw in (each.result() for each in sent) if raw is not None]
    try:
        yield raws
    finally:
        for raw in raws:
            raw.close()


@contextlib.contextmanager
def again_and_again(count, act, hang_up=lambda: None):
    """act() without pause in so many threads. It may fail, and is waited for at the end; `hang_up`
    makes that soon."""
    stop = threading.Event()

    def run():
        while not stop.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                act()
    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            while thread.is_alive():
                hang_up()
                thread.join(0.2)


def untaken(target, body=LARGE, count=100):
    """Answers that nobody takes."""
    return held(target, count, request_head("POST", target.path, len(body)) + body,
                receive_bytes=4096)


def repeated_strip():
    """A TIFF of 66 KB whose strips lie at one offset: 7.9 MB of pixels."""
    strip, count = 1 << 16, 120
    tables = struct.pack("<I", 8) * count + struct.pack("<I", strip) * count
    return bombs.tiff(bombs.gray_entries(1024, 64 * count, count, 8 + strip,
                                         8 + strip + 4 * count, 64), data=bytes(strip) + tables)


def untaken_of_little(target):
    """The same of a small file that says one thing many times."""
    return untaken(target, repeated_strip())


def endless_bodies(target):
    """Bodies short of their last 100 bytes, with a Content-Length and in chunks."""
    data = SMALL + bytes(BODY_BYTES - len(SMALL) - 100)
    whole = request_head("POST", target.path, BODY_BYTES) + data
    chunked = request_head("POST", target.path, None, CHUNKED) + b"%x\r\n" % BODY_BYTES + data
    return held(target, 17, whole, chunked)


@contextlib.contextmanager
def dripping_bodies(target):
    """Bodies of which a byte comes now and then: large ones, and small ones for the room between
    them."""
    large = request_head("POST", target.path, 8 * MIB) + SMALL + bytes(3 * MIB)
    small = (request_head("POST", target.path, None, CHUNKED) + b"%x\r\n" % (8 * MIB) + SMALL
             + bytes(70_000))
    with held(target, 40, large) as raws, held(target, 30, small) as others:
        def drip():
            for raw in raws + others:
                with contextlib.suppress(OSError):
                    raw.send(b"a")
            time.sleep(0.05)
        with again_and_again(1, drip):
            yield


def asking(target, body, count):
    """The same image on so many connections, without heed of what the server says; hangs up at the
    end, whatever is under way."""
    clients = [Client(target.server, 60, next(target.greedy)) for _ in range(count)]
    places, own = iter(clients), threading.local()

    def ask():
        own.client = getattr(own, "client", None) or next(places)
        target.requests += 1
        try:
            refused = own.client.post(target.path, body).status == 503
        except (OSError, http.client.HTTPException):
            own.client.close()
            refused = True
        if refused:
            time.sleep(0.05)

    def hang_up():
        for client in clients:
            with contextlib.suppress(OSError, AttributeError): # not connected
                client.connection.sock.shutdown(socket.SHUT_RDWR)
    return again_and_again(count, ask, hang_up)


def greedy(target):
    """200 connections with images that take a worker long."""
    return asking(target, bombs.heavy_image(), 200)


def dear_webp():
    return bombs.widened(bombs.lossless_webp(64, 64), 16000, 6200)


def dear_webps(target):
    """Images of 38 bytes that take a worker longer than anything else."""
    return asking(target, dear_webp(), 16)


def connections(target):
    """More connections than there may be, half of them in their header section."""
    return held(target, 1300, b"", b"POST / HTTP/1.1\r\nX: ")


def aborted_uploads(target):
    """Half a body, or a whole one, and gone; every second time with a reset."""
    head = request_head("POST", target.path, len(LARGE))
    ends = itertools.cycle((len(LARGE) // 2, len(LARGE)))
    lingers = itertools.cycle((0, 0, 1, 1))

    def abort():
        target.requests += 1
        with connect(target) as raw:
            raw.send(head + LARGE[:next(ends)])
            if next(lingers):
                raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return again_and_again(4, abort)


def log_lines(target):
    """A line of the log with each request, while nobody reads the log."""
    clients = threading.local()

    def ask():
        clients.own = getattr(clients, "own", None) or Client(target.server, 5, next(target.greedy))
        target.requests += 1
        try:
            clients.own.request("GET", "/none")
        except (OSError, http.client.HTTPException):
            clients.own.close()
            raise
    return again_and_again(2, ask)


BURST = 200


def burst(target, end):
    """What becomes of 200 requests that the server finds all at once; with `end` together with
    SIGTERM. A Measure."""
    target.server.process.send_signal(signal.SIGSTOP)
    clients = [RawConnection(target.server, 20, f"127.0.0.{3 + number % 8}")
               for number in range(BURST)]
    for client in clients:
        client.send(request_head("POST", target.path, len(target.image)) + target.image)
    if end:
        target.server.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    target.server.process.send_signal(signal.SIGCONT)
    answers = []
    for client in clients:
        with client:
            try:
                reply = client.read_reply()
            except OSError:
                reply = None
        right = reply is not None and reply.status == 200
        answers.append(Answer(began, time.monotonic() - began, right))
    return Measure(answers)
