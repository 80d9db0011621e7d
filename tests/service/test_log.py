# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""A log that nobody reads: the servers serve and end as if it were read, and report what was lost."""
import os
import re
import time

import pytest

from samples import files
from support.clients import Client, curl
from support.pipes import Unread
from support.processes import wait_until
from support.programs import GATEWAY, SCALE, Server

pytestmark = pytest.mark.threads
REQUESTS = 3000 # more lines than the memory for them holds
LOST = re.compile(r" warning \S+\[\d+\]: (\d+) log line\(s\) were lost")
BODY = files.jpeg(64, 48)


@pytest.fixture
def unread():
    pipe = Unread()
    yield pipe
    pipe.close()


@pytest.fixture(params=[GATEWAY, SCALE], ids=["gateway", "scale"])
def start(request, own, unread):
    """Starts a server that logs to the pipe."""
    def start():
        server = Server(request.param, own.folder, {"scale.upstream": "http://127.0.0.1:1"}
                        if request.param == GATEWAY else {})
        server.stderr = unread.writer
        own.servers.append(server)
        return server.start()
    return start


def assert_serves(server):
    assert curl(server.url("/healthz")).status == 200
    path = "/gray" if server.program == GATEWAY else "/scale"
    assert curl(server.url(path), body=BODY).status == 200


def make_lines(server):
    with Client(server) as client:
        for number in range(REQUESTS):
            assert client.request("GET", f"/none-{number:040}").status == 404


def test_unread_log(start, unread):
    """Thousands of requests and an image while the log is not read; once it is, each of them is there
    or counted as lost, and the next ones are there."""
    server = start()
    make_lines(server)
    assert_serves(server)

    def found():
        text = unread.read()
        return len(re.findall("/none-", text)) + sum(map(int, LOST.findall(text)))
    wait_until(lambda: found() >= REQUESTS, 20, "the number of lost lines")
    assert LOST.search(unread.text)
    assert curl(server.url("/read-again")).status == 404
    wait_until(lambda: "/read-again" in unread.read(), 5, "a line after that")
    assert all(re.match(r"\S+Z (info|warning) grisaille", line)
               for line in unread.text.splitlines()), "no line is torn"


def test_end_with_an_unread_log(start):
    """SIGTERM ends a server whose log is not read: exit code 0, and nothing left behind."""
    server = start()
    make_lines(server)
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 20


def test_log_that_is_full_from_the_start(start, unread):
    """A server starts, serves and ends though not one line of its log can be written."""
    unread.fill()
    server = start()
    assert_serves(server)
    server.stop()


def test_log_whose_reader_has_gone(start, unread):
    """A broken pipe ends nothing."""
    server = start()
    os.close(unread.reader)
    unread.reader = os.open(os.devnull, os.O_RDONLY)
    for _ in range(3):
        assert_serves(server)
    server.stop()


def test_last_lines(start, unread):
    """What a server says last is in the log once it has ended."""
    server = start()
    server.stop()
    assert unread.read().splitlines()[-1].endswith("stopped")
