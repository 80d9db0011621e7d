# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Ends and deaths: draining, kill -9 of each kind of process, recycling, and nothing left behind."""
import os
import signal
import threading
import time

import pytest

from samples import files
from support import processes
from support.clients import Client, RawConnection, curl, request_head
from support.processes import wait_until
from support.programs import run

BODY = files.jpeg(64, 48)
pytestmark = pytest.mark.threads


@pytest.fixture(params=["gateway", "scale"])
def server(request, own):
    """A server of the test's own, of each kind."""
    return own.system() if request.param == "gateway" else own.scale()


def wait_until_read(raw):
    """Until the server has taken all that was sent, and a moment more to think about it."""
    wait_until(lambda: raw.unread() == 0, 30, "the server reads")
    time.sleep(0.3)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stops_at_once_when_idle(server, how):
    """An idle server ends with 0 in well under the drain time, though a client keeps a connection."""
    with Client(server) as client:
        assert client.post("/scale", BODY).status == 200
        began = time.monotonic()
        server.stop(how)
        assert time.monotonic() - began < 8


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "::", "0.0.0.0", "unix:"])
def test_health(own, tmp_path, ip):
    """--health says whether the server that the configuration describes serves."""
    flags = ["-i", f"unix:{tmp_path}/socket" if ip == "unix:" else ip]
    server = own.scale(flags=flags)
    flags += ["-p", server.port, "--health"]
    assert run(server.program, *flags).returncode == 0
    server.process.send_signal(signal.SIGSTOP)
    hung = run(server.program, *flags)
    server.process.send_signal(signal.SIGCONT)
    server.stop()
    for done in (hung, run(server.program, *flags)):
        assert done.returncode == 1 and done.stdout == "" and len(done.stderr.splitlines()) == 1, done
        assert "listen.ip" in done.stderr
    if ip != "unix:":
        assert run(server.program, "-p", "0", "--health").returncode == 1
    assert run(server.program, "-p", "x", "--health").returncode == 2


@pytest.mark.parametrize("program", ["gateway", "scale"])
def test_delay(own, program):
    """For shutdown.delay_ms /readyz says 503 and everything else goes on, new connections included."""
    server = (own.gateway if program == "gateway" else own.scale)(shutdown__delay_ms=2000)
    path = "/gray"
    assert curl(server.url("/readyz")).status == 200
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: curl(server.url("/readyz")).status == 503, 1, "not ready")
    state = curl(server.url("/readyz")).json()
    assert state["stopping"] is True and state["ready"] is False
    assert curl(server.url("/healthz")).status == 200
    with Client(server) as client:
        while time.monotonic() < began + 1.5:
            assert client.post(path, BODY).status == 200
    assert server.process.wait(20) == 0
    assert time.monotonic() - began > 1.9


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_drain_answers_what_is_under_way(server, how):
    """A request whose body is still coming at the signal is answered; a new connection is refused.
    A second signal, as from an impatient user or two parents, changes nothing."""
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/scale?scale=0.5", len(BODY)) + BODY[:100])
        wait_until_read(raw)
        server.process.send_signal(how)

        def refused():
            try:
                RawConnection(server).close()
            except OSError:
                return True
            return False
        wait_until(refused, 30, "no new connections")
        for again in (signal.SIGTERM, signal.SIGINT):
            server.process.send_signal(again)
        time.sleep(0.1)
        assert server.running()
        raw.send(BODY[100:])
        reply = raw.read_reply()
        assert reply is not None and reply.status == 200
        assert files.decode(reply.body).size == (32, 24)
    assert server.process.wait(30) == 0


BURST = 200


def ended_behind_a_burst(server, path):
    """Clients whose requests were wholly sent before SIGTERM, though the server, which was stopped, has
    accepted none of them: it finds all of them and the signal together."""
    server.process.send_signal(signal.SIGSTOP)
    clients = [RawConnection(server) for _ in range(BURST)]
    for client in clients:
        client.send(request_head("POST", path, len(BODY)) + BODY)
    server.process.send_signal(signal.SIGTERM)
    server.process.send_signal(signal.SIGCONT)
    return clients


@pytest.mark.parametrize("kind", ["gateway", "scale"])
def test_drain_answers_the_backlog(own, kind):
    """They are answered. (They are one client's, which may have the whole queue here.)"""
    scale = own.scale(scale__queue_share_per_client=1)
    server = own.gateway(scale, gray__queue_share_per_client=1) if kind == "gateway" else scale
    clients = ended_behind_a_burst(server, "/scale?scale=0.5")
    replies = [client.read_reply() for client in clients]
    assert [reply.status for reply in replies if reply is not None] == [200] * BURST
    for client in clients:
        client.close()
    assert server.process.wait(30) == 0


@pytest.mark.parametrize("kind", ["gateway", "scale"])
def test_drain_with_a_backlog_beyond_all_places(own, kind):
    """More connections wait than may be open at a time: some are refused, none waits for ever, and the
    server ends."""
    server = (own.gateway if kind == "gateway" else own.scale)(listen__max_connections=8)
    clients = ended_behind_a_burst(server, "/gray")
    assert server.process.wait(60) == 0
    replies = [client.read_reply() for client in clients]
    statuses = [reply.status for reply in replies if reply is not None]
    assert set(statuses) <= {200, 503} and statuses.count(200) >= 1, statuses
    for client in clients:
        client.close()


def test_nohup(own):
    """A server that is to outlive its terminal (nohup) does."""
    ignored = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        server = own.scale()
    finally:
        signal.signal(signal.SIGHUP, ignored)
    server.process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert server.running() and curl(server.url("/scale"), body=BODY).status == 200


def test_drain_waits_for_a_worker(own):
    """An image that is with a worker at SIGTERM is still answered."""
    server = own.scale(scale__workers=1)
    with RawConnection(server) as raw:
        worker = server.workers()[0]
        os.kill(worker, signal.SIGSTOP)
        raw.send(request_head("POST", "/scale", len(BODY)) + BODY)
        wait_until_read(raw)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        os.kill(worker, signal.SIGCONT)
        assert raw.read_reply().status == 200
    assert server.process.wait(30) == 0
    assert not processes.is_alive(worker)


def test_drain_is_bounded(own):
    """A client that never finishes its body holds the end up for shutdown.drain_ms and no longer."""
    server = own.scale(shutdown__drain_ms=700)
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/scale", 100000) + BODY)
        wait_until_read(raw)
        began = time.monotonic()
        server.stop()
        assert 0.4 < time.monotonic() - began < 7


def test_kill_9_of_a_server(server):
    """kill -9 of a server: soon no worker and no name is left, under load too."""
    def load():
        try:
            with Client(server) as client:
                while True:
                    client.post("/scale", BODY)
        except OSError:
            pass # it is dead
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    server.kill()
    wait_until(lambda: server.orphans() == [], 10, "no orphan")
    assert server.born, "it had workers"
    wait_until(lambda: processes.named_ipc() == set(), 10, "no name")
    for thread in threads:
        thread.join()


def test_names_are_gone_while_it_runs(server):
    """Queues and shared memory have no name even while the server runs: nothing can be left."""
    assert curl(server.url("/scale"), body=BODY).status == 200
    targets = list(processes.descriptors(server.pid).values())
    queues = [target for target in targets if target.endswith("(deleted)")]
    assert len(queues) >= 2, targets
    assert processes.linked_queues(server.pid) == []


def test_kill_9_of_workers_under_load(server):
    """Workers killed again and again while four clients ask: every answer is 200 and right. The next is killed
    once the last one is replaced: a job that no worker lives long enough for is answered 503, and may be."""
    bodies = [files.jpeg(300 + 40 * index, 200, seed=index) for index in range(4)]
    with Client(server) as client:
        good = [client.image("/scale?scale=0.5", body) for body in bodies]
    wrong, stop = [], threading.Event()

    def load(index):
        with Client(server) as client:
            while not stop.is_set():
                reply = client.post("/scale?scale=0.5", bodies[index])
                if reply.status != 200 or reply.body != good[index]:
                    wrong.append((reply.status, reply.body[:200]))
    threads = [threading.Thread(target=load, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    killed = 0
    for _ in range(20):
        time.sleep(0.1)
        wait_until(lambda: curl(server.url("/readyz")).json()["workers"]["starting"] == 0, 30,
                   "every worker ready")
        for pid in server.workers()[:1]:
            os.kill(pid, signal.SIGKILL)
            killed += 1
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == [] and killed > 10


def test_worker_is_replaced(server):
    """A worker that died while idle is replaced by itself, and /readyz goes on saying ready."""
    wait_until(lambda: curl(server.url("/readyz")).json()["workers"]["idle"] == 2, 10,
               "both ready, whatever came before")
    before = server.workers()
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: len(server.workers()) == 2 and before[0] not in server.workers(), 10,
               "two workers again")
    assert curl(server.url("/readyz")).status == 200
    states = [processes.status(pid).get("State", "") for pid in processes.children(server.pid)]
    assert not any("zombie" in state for state in states)


def test_recycling(own):
    """A worker is replaced after max_jobs, and no answer is lost over it."""
    server = own.scale(scale__workers=1, scale__max_jobs=5)
    seen = set()
    with Client(server) as client:
        good = client.image("/scale", BODY)
        for _ in range(40):
            seen.update(server.workers())
            assert client.image("/scale", BODY) == good
    assert len(seen) >= 5


def test_one_worker_is_enough(own):
    """workers = 1 serves many clients, one after the other."""
    server = own.scale(scale__workers=1)
    results = []

    def ask():
        results.append(curl(server.url("/scale"), body=BODY).status)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 8 and len(server.workers()) == 1


def test_restart_on_the_same_port(own):
    """A server can be started again at once where it was, in spite of connections in TIME_WAIT."""
    server = own.scale(listen__ip="127.0.0.9")
    assert curl(server.url("/scale"), body=BODY).status == 200
    server.stop()
    again = own.scale(listen__ip="127.0.0.9", listen__port=server.port)
    assert curl(again.url("/scale"), body=BODY).status == 200
