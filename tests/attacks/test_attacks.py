# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Every attack of the table beside an honest client: each of its answers is right, and comes about as
soon as without. A busy machine can spoil a comparison of times by chance, and hardly three of them."""
import re

import pytest

from attacks import by_clients, by_workers, table
from attacks.conftest import SECONDS
from attacks.network import own_network
from faults.injection import needs_root, plain_build
from support.pipes import Unread
from support.processes import is_alive
from support.programs import LONG

pytestmark = [plain_build, pytest.mark.alone]
ATTEMPTS = 3
CASES = [(row, kind) for row in table.ROWS for kind in row.kinds(LONG)]


def judge(add_row, name, make, attack, example=None):
    """Up to three times, each on servers of its own from make(); the last Result."""
    for _ in range(ATTEMPTS):
        result = table.attacked(make(), attack, SECONDS, example)
        add_row(result.row(name))
        assert result.beside.right == len(result.beside.seconds)
        assert all(watch.is_held() for watch in result.memory)
        assert result.large == 200
        if result.is_quick():
            return result
    return pytest.fail(f"p99 {result.beside.quantile(0.99):.3f} s, limit {result.limit:.3f} s")


@pytest.mark.parametrize("row, kind", CASES, ids=lambda part: getattr(part, "name", part))
def test_attack(own, add_row, row, kind):
    def make():
        return table.start_target(own, kind, row.settings, row.hostile)
    judge(add_row, row.name, make, row.attack, row.example)


@needs_root
@pytest.mark.parametrize("kind", ["gateway", "scale"])
def test_one_network_of_ipv6(own, add_row, kind):
    """1,300 connections from the addresses of one /64, beside a client of another."""
    greedy = [f"fd00:0:0:1::{number:x}" for number in range(1, 326)]
    with own_network([*greedy, "fd00:0:0:2::1"]):
        def make():
            return table.start_target(own, kind, {"listen.ip": "::1"}, greedy=greedy,
                                      honest="fd00:0:0:2::1")
        judge(add_row, "1,300 connections of a /64", make, by_clients.connections)


@pytest.mark.parametrize("kind", ["gateway", "scale"])
def test_unread_log(own, add_row, kind):
    """A log that nobody reads; the server ends as if somebody did."""
    pipe = Unread()
    try:
        judge(add_row, "a log that nobody reads",
              lambda: table.start_target(own, kind, {}, stderr=pipe.writer), by_clients.log_lines)
        own.servers[-1].stop()
    finally:
        pipe.close()


def test_log_vandalised(own, add_row):
    """What was logged before is there afterwards, and nothing lies between it and what follows."""
    places = []

    def make():
        path = own.folder / f"vandalised-{len(own.servers)}.log"
        places.append(path)
        with open(path, "wb") as log: # as the shell's 2> opens it: not for appending alone
            return table.start_target(own, "gateway", {}, hostile=True, stderr=log.fileno())
    judge(add_row, "a log that a worker vandalises", make, by_workers.vandals)
    server = own.servers[-1]
    assert is_alive(server.pid)
    assert places[-1].stat().st_size < 1 << 20
    text = places[-1].read_bytes()
    assert text.startswith(b"20") and re.search(rb"listening", text.splitlines()[0])
    assert all(re.match(rb"\d{4}-\S+Z (error|warning|info) grisaille-gateway\[\d+\]: ", line)
               for line in text.splitlines())


@pytest.mark.parametrize("kind", ["gateway", "scale"])
def test_end_behind_a_burst(own, add_row, kind):
    """SIGTERM together with 200 requests that were wholly sent, and the same without it."""
    target = table.start_target(own, kind, {})
    calm, beside = (by_clients.burst(target, end) for end in (False, True))
    result = table.Result(target, calm, beside, 0.0, [])
    add_row(result.row("SIGTERM behind a burst"))
    assert beside.right == by_clients.BURST and result.is_quick()
    assert target.server.process.wait(30) == 0
