# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The scale server killed, stopped, hung in the middle of an answer, answering nonsense, slow:
the gateway says so to the clients concerned, and gray goes on unaffected."""
import contextlib
import itertools
import os
import re
import signal
import socket
import time

import pytest

from faults import traffic
from faults.fake_scale import Fake, drip, head
from support.clients import Client, curl
from support.processes import wait_until
from support.programs import TRACE_FIELDS

ADDRESSES = (f"127.{os.getpid() % 250 + 2}.{n // 250 + 100}.{n % 250 + 1}"
             for n in itertools.count())


@pytest.fixture
def fake():
    """Makes fake scale servers, which end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda answer: stack.enter_context(contextlib.closing(Fake(answer)))


def scale_statuses(gateway, image, count=3, path="/scale?scale=0.5"):
    """Statuses and the longest time of some requests for the scale server."""
    with Client(gateway) as client:
        replies = []
        for _ in range(count):
            began = time.monotonic()
            replies.append((client.post(path, image), time.monotonic() - began))
    return [reply.status for reply, _ in replies], max(seconds for _, seconds in replies)


def test_scale_server_killed(own, experiment):
    """kill -9 under traffic for it: 502 at once while it is away, 200 as soon as it is back."""
    settings = {"listen__ip": next(ADDRESSES)}
    scale = own.scale(**settings)
    gateway = own.gateway(scale)
    with experiment.run(gateway, "/scale?scale=0.5", clients=3) as trial:
        trial.allowed = {502}
        for _ in range(2):
            scale.kill()
            trial.injected += 1
            time.sleep(trial.seconds / 4)
            scale = own.scale(listen__port=scale.port, **settings)
            trial.wait_for(20)
    assert max(trial.traffic.seconds) < 8, max(trial.traffic.seconds)


def test_scale_server_stopped(own, experiment):
    """SIGSTOP: its clients get an answer at the deadline; gray does not wait."""
    scale = own.scale()
    gateway = own.gateway(scale, limits__deadline_ms=1500)
    image = traffic.honest_images(1)[0][0]
    with experiment.run(gateway, clients=3) as trial:
        scale.process.send_signal(signal.SIGSTOP)
        trial.injected = 1
        try:
            assert curl(gateway.url("/readyz?require=scale")).status == 503
            statuses, longest = scale_statuses(gateway, image, 2)
            assert set(statuses) <= {502, 504} and longest < 15, (statuses, longest)
        finally:
            scale.process.send_signal(signal.SIGCONT)
        wait_until(lambda: scale_statuses(gateway, image, 1)[0] == [200], 20, "it answers again")
    assert max(trial.traffic.seconds) < 1.5 # the deadline


def test_scale_server_hangs_in_its_answer(own, experiment, fake):
    """Half an answer, then silence: 504 at the deadline, and nothing of the half reaches anybody."""
    def half(connection, body):
        connection.sendall(head(200, "image/jpeg", len(body)) + body[:len(body) // 2])
        server.hang()
    server = fake(half)
    gateway = own.gateway(scale__upstream=server.address, limits__deadline_ms=1000)
    image = traffic.honest_images(1)[0][0]
    with experiment.run(gateway, clients=3) as trial:
        for path in ("/scale?scale=0.5", "/gray?scale=0.5"):
            statuses, longest = scale_statuses(gateway, image, 2, path)
            trial.injected += 2
            assert set(statuses) <= {502, 504} and longest < 10, (statuses, longest)
    assert max(trial.traffic.seconds) < 1 # the deadline


NONSENSE = {
    "nothing": b"",
    "no HTTP": b"\x00\x01\x02\r\n\r\n",
    "no image": head(200, "image/jpeg", 5) + b"hello",
    "another format": head(200, "image/jpeg", 40) + b"GIF89a" + bytes(34),
    "cut short": head(200, "image/jpeg", 1000) + b"\xff\xd8\xff\xe0 half",
    "endless": head(200, "image/jpeg", 1 << 40),
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 40000,
    "bad chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a page": head(200, "text/html", 6) + b"<html>",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    "a problem of a strange kind": head(418, "application/problem+json", 2) + b"{}",
}


TARGETS = {
    "/scale?scale=0.5": "/scale?scale=0.5",
    "/scale": "/scale",
    "/scale?quality=80&scale=%30.290": "/scale?quality=80&scale=%30.290",
    "/?scale=.5": "/gray?scale=.5",
    "/gray?scale=5e-1&quality=7": "/gray?scale=5e-1&quality=7",
    "/gray?gray=none": "/gray?gray=none",
    "/?gray=none&scale=1e-30": "/gray?gray=none&scale=1e-30",
    "/scale?gray=luma": "/scale?gray=luma",
    "/scale?scale=0.123456789012345678": "/scale?scale=0.123456789012345678",
}


@pytest.mark.parametrize("asked, passed_on", TARGETS.items(), ids=TARGETS)
def test_what_the_scale_server_is_asked(own, fake, asked, passed_on):
    """Path and parameters, as they were written; / becomes /gray, and presets are not written."""
    def answer(connection, body):
        connection.sendall(head(200, "image/jpeg", len(body)) + body)
        return True
    server = fake(answer)
    gateway = own.gateway(scale__upstream=server.address)
    image = traffic.honest_images(1)[0][0]
    with Client(gateway) as client:
        assert client.image(asked, image) == image
    asked_of_it = [line for line in server.heads if line.startswith(b"POST")]
    assert [line.split()[1].decode() for line in asked_of_it] == [passed_on]


def test_gray_alone_is_not_passed_on(own, fake):
    """What is only gray, with a quality or without, needs no scale server."""
    server = fake(lambda connection, body: False)
    gateway = own.gateway(scale__upstream=server.address)
    with Client(gateway) as client:
        for path in ("/", "/gray", "/gray?gray=luma", "/?quality=80"):
            assert client.post(path, traffic.honest_images(1)[0][0]).status == 200
    assert server.requests == 0


@pytest.mark.parametrize("timing, passed_on", [
    ('queue;dur=1, work;dur=2;desc="jpeg-planes"', ';desc="jpeg-planes"'),
    ('queue;dur=1, work;dur=2;desc="none"', ""),
    ('queue;dur=1, work;dur=2;desc="something-else"', ""),
    ('queue;dur=1, work;dur=2;desc="jpeg-planes, x;desc="', ""),
    ("queue;dur=1, work;dur=2", ""),
])
def test_path_of_the_scale_server(own, fake, timing, passed_on):
    """The gateway passes on the name of a path, and nothing else that stands in its place."""
    def answer(connection, body):
        fields = head(200, "image/jpeg", len(body)).replace(
            b"\r\n\r\n", f"\r\nServer-Timing: {timing}\r\n\r\n".encode())
        connection.sendall(fields + body)
        return True
    gateway = own.gateway(scale__upstream=fake(answer).address)
    with Client(gateway) as client:
        reply = client.post("/scale", traffic.honest_images(1)[0][0])
    found = re.fullmatch(r"queue;dur=1.000, work;dur=2.000(.*), total;dur=[0-9.]+",
                         reply.headers["server-timing"])
    assert found and found[1] == passed_on, reply.headers


@pytest.mark.expects_errors("scale")
def test_scale_server_answers_nonsense(own, experiment, fake):
    """Whatever comes is 502 long before the deadline, beside gray traffic that does not notice."""
    answers = iter(())

    def nonsense(connection, _body):
        connection.sendall(next(answers))
        connection.shutdown(socket.SHUT_WR)
        return False
    gateway = own.gateway(scale__upstream=fake(nonsense).address)
    image = traffic.honest_images(1)[0][0]
    with experiment.run(gateway, clients=3) as trial:
        for name, answer in NONSENSE.items():
            answers = itertools.repeat(answer)
            statuses, longest = scale_statuses(gateway, image, 2)
            assert statuses == [502, 502] and longest < 8, (name, statuses, longest)
            trial.injected += 2


def test_scale_server_is_slow(own, experiment, fake):
    """An answer that drips is still an answer, if it is whole before the deadline."""
    def slow(connection, body):
        drip(connection, head(200, "image/jpeg", len(body)) + body, 0.3)
        return True
    gateway = own.gateway(scale__upstream=fake(slow).address)
    image = traffic.honest_images(1)[0][0]
    with experiment.run(gateway, clients=3) as trial:
        with Client(gateway) as client:
            for _ in range(3):
                assert client.image("/scale", image) == image
                trial.injected += 1


def test_scale_server_closes_kept_connections(own, experiment, fake):
    """A kept connection that the other side has closed in silence is replaced without a word."""
    def once(connection, body):
        connection.sendall(head(200, "image/jpeg", len(body)) + body)
        return False # closes, though it said nothing of that
    gateway = own.gateway(scale__upstream=fake(once).address)
    image = traffic.honest_images(1)[0][0]
    with experiment.run(gateway, clients=2) as trial:
        with Client(gateway) as client:
            for pause in (0.0, 0.05) * 5:
                assert client.image("/scale", image) == image
                trial.injected += 1
                time.sleep(pause)


def test_clients_of_a_hung_scale_server_leave(own, experiment, fake):
    """Who goes away while the scale server hangs frees its thread before the deadline."""
    server = fake(lambda _connection, _body: server.hang())
    gateway = own.gateway(scale__upstream=server.address, limits__deadline_ms=20000)
    image = traffic.honest_images(1)[0][0]

    def leave():
        with pytest.raises(OSError), Client(gateway, timeout=0.05) as client:
            client.post("/scale", image)
        return 1
    with experiment.run(gateway, clients=2) as trial:
        for _ in range(8):
            trial.injected += leave()


def logged(gateway):
    """What the gateway's log says of the scale server."""
    return re.findall(r" warning grisaille-gateway\[\d+\]: (?:\[\S+\] )?(the scale server .*?)" +
                      TRACE_FIELDS + "\n", gateway.log())


def test_failures_are_logged_once(own):
    """The scale server away: a line of log when it begins and none for each request, and one when it
    is back. Readiness counts as well."""
    settings = {"listen__ip": next(ADDRESSES)}
    scale = own.scale(**settings)
    gateway = own.gateway(scale)
    image = traffic.honest_images(1)[0][0]
    assert scale_statuses(gateway, image, 2)[0] == [200, 200]
    assert logged(gateway) == []
    scale.kill()
    assert scale_statuses(gateway, image, 20)[0] == [502] * 20
    assert curl(gateway.url("/readyz?require=scale")).status == 503
    wait_until(lambda: logged(gateway), 20, "a line")
    assert len(logged(gateway)) < 4, logged(gateway) # one each ten seconds
    assert re.fullmatch(f"the scale server failed: {re.escape(scale.url())}: "
                        "cannot connect: Connection refused", logged(gateway)[0])
    scale = own.scale(listen__port=scale.port, **settings)
    assert curl(gateway.url("/readyz?require=scale")).status == 200
    wait_until(lambda: "works again" in logged(gateway)[-1], 20, "a line")
    assert scale_statuses(gateway, image, 2)[0] == [200, 200]
    assert re.fullmatch(r"the scale server works again, after \d+ more failure\(s\)",
                        logged(gateway)[-1])


@pytest.mark.expects_errors("scale")
@pytest.mark.parametrize("answer, why", [
    (NONSENSE["a page"], "an invalid answer, HTTP 200 text/html"),
    (NONSENSE["redirect"], "an invalid answer, HTTP 302 "),
    (NONSENSE["cut short"], "transfer closed with "),
    (None, "no answer in ")], ids=["a page", "redirect", "cut short", "none"])
def test_what_failed_is_logged(own, fake, answer, why):
    """Whatever the failure is, its line says so, and not more than the client sees is wrong."""
    def send(connection, _body):
        if answer is None:
            server.hang()
        else:
            connection.sendall(answer)
        return False
    server = fake(send)
    gateway = own.gateway(scale__upstream=server.address, limits__deadline_ms=1500)
    image = traffic.honest_images(1)[0][0]
    assert scale_statuses(gateway, image, 1)[0][0] in (502, 504)
    wait_until(lambda: logged(gateway), 20, "a line")
    line, = logged(gateway)
    assert line.startswith(f"the scale server failed: {server.address}: {why}")


def test_no_failure_of_the_scale_server(own, fake):
    """A client that has no patience, and a scale server that says that it has no time, are no
    failures."""
    def busy(connection, body):
        if len(body) % 2 == 0:
            server.hang(1)
        problem = b'{"status":503}'
        connection.sendall(head(503, "application/problem+json", len(problem)) + problem)
        return True
    server = fake(busy)
    gateway = own.gateway(scale__upstream=server.address)
    image = traffic.honest_images(1)[0][0]
    even = image + bytes(len(image) % 2)
    with Client(gateway) as client:
        reply = client.post("/scale", even, {"X-Deadline-Ms": "50"})
        assert reply.status == 504, reply
        assert client.post("/scale", even + b"\0").status == 503
    gateway.stop()
    assert logged(gateway) == []
