# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Fixtures: real servers, shared by the session or of a test's own, and what every test ends with:
no error logged, no sanitizer report, no child, queue or shared memory left."""
import pytest

from support import processes
from support.clients import Client
from support.programs import GATEWAY, NOWHERE, SCALE, Server
from support.watching import Table, note_row

SHARED_DEADLINE_MS = 30000
DIFFERENCES = ("operation", "to", "requests", "dB", "levels", "the worst")


class Differences(dict):
    """How many results of each operation in each format there were, and the worst."""

    def add(self, operation, name, count, dB, levels, case):
        before, least, most, worst = self.get((operation, name), (0, 100, 0, ""))
        self[operation, name] = (before + count, min(dB, least), max(levels, most),
                                 case if dB < least else worst)

    def rows(self):
        return [(*key, *values) for key, values in sorted(self.items())]


def worst_of(rows):
    """The table's rows from those of single tests."""
    found = Differences()
    for row in rows:
        found.add(*row)
    return [(operation, name, str(count), f"{dB:.1f}", f"{levels:.0f}", case)
            for operation, name, count, dB, levels, case in found.rows()]


def pytest_configure(config):
    config.pluginmanager.register(Table(
        "differences", "/image: the worst differences from the reference", DIFFERENCES, worst_of))


@pytest.fixture
def note_difference(request):
    """Counts a result of this operation in this format, and keeps the worst."""
    found = Differences()
    yield lambda operation, name, dB, levels, case: found.add(operation, name, 1, float(dB), float(levels), case)
    for row in found.rows():
        note_row(request, "differences", row)


class Fleet:
    """Every server of the session, so that each test can be asked about all of them."""

    def __init__(self, folder):
        self.folder = folder
        self.servers = []

    def start(self, program, settings, flags=()):
        server = Server(program, self.folder, settings, flags)
        self.servers.append(server)
        server.start()
        return server

    def gateway(self, scale=None, flags=(), **settings):
        """A gateway in front of `scale`; without one, of an address where nothing listens."""
        flat = {key.replace("__", "."): value for key, value in settings.items()}
        upstream = scale.url() if scale else NOWHERE
        return self.start(GATEWAY, {"scale.upstream": upstream, **flat}, flags)

    def scale(self, flags=(), **settings):
        flat = {key.replace("__", "."): value for key, value in settings.items()}
        return self.start(SCALE, flat, flags)

    def system(self, **settings):
        """A scale server and a gateway in front of it."""
        return self.gateway(self.scale(), **settings)

    def end(self, servers):
        """Stops those that still run and forgets them; problems are returned, not raised."""
        problems = []
        for server in reversed(servers):
            try:
                if server.running():
                    server.stop()
            except AssertionError as problem:
                problems.append(str(problem))
            server.kill()
        return problems


@pytest.fixture(scope="session")
def fleet(tmp_path_factory):
    fleet = Fleet(tmp_path_factory.mktemp("servers"))
    yield fleet
    problems = fleet.end(fleet.servers)
    problems += [line for server in fleet.servers for line in server.unanswered_errors()]
    assert problems == []


@pytest.fixture(scope="session")
def scale_server(fleet):
    """The scale server that tests share; with time for its work on a busy machine."""
    return fleet.scale(limits__deadline_ms=SHARED_DEADLINE_MS)


@pytest.fixture(scope="session")
def gateway(fleet, scale_server):
    """The gateway that tests share, in front of the shared scale server."""
    return fleet.gateway(scale_server, limits__deadline_ms=SHARED_DEADLINE_MS)


@pytest.fixture
def client(gateway):
    with Client(gateway) as client:
        yield client


@pytest.fixture
def scale_client(scale_server):
    with Client(scale_server) as client:
        yield client


@pytest.fixture
def own(fleet):
    """Starts servers for one test alone; they end with it."""
    before = len(fleet.servers)
    yield fleet
    mine = fleet.servers[before:]
    problems = fleet.end(mine)
    assert problems == []


@pytest.fixture(autouse=True)
def nothing_wrong(request, fleet):
    """What every test ends with. Set up first, so that it is asked after `own` has stopped."""
    names = processes.named_ipc()
    yield
    marker = request.node.get_closest_marker("expects_errors")
    expected = marker.args if marker else ()
    problems = [line for server in fleet.servers for line in server.unanswered_errors(expected)]
    for server in fleet.servers:
        if server.running():
            problems += processes.linked_queues(server.pid)
        problems += [f"orphan of {server.program.name}: {pid}" for pid in server.orphans()]
    if processes.named_ipc() - names: # another system on this machine may be starting a worker
        processes.wait_until(lambda: not processes.named_ipc() - names, 20, "names left behind")
    assert problems == []
