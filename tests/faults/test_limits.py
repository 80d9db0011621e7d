# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The machine refuses: queues, descriptors, threads, memory. What can be served is, what cannot be
gets a 503, and everything is whole again once the machine gives what was asked for."""
import json
import random
import re
import resource
import signal
import socket
import time

import pytest

from faults import traffic
from faults.injection import (BUILD, HOSTILE, OTHER_USER, Odds, as_other_user, limited, needs_root,
                              plain_build, set_limit, wrapped)
from faults.test_workers import signal_one
from support.clients import RawConnection, curl
from support.processes import wait_until
from support.programs import GATEWAY, NO_METRICS, ROOT, SCALE, run



@pytest.fixture
def preloaded(own):
    """A gateway of which single calls can be made to fail, and the means to do so."""
    odds = Odds()
    server = wrapped(own, [], {"scale.upstream": "http://127.0.0.1:1"},
                           environment=odds.environment())
    server.start()
    return server, odds


def fail_respawns(experiment, preloaded, call):
    """Workers die while what a new one needs is refused; then it is granted again."""
    server, odds = preloaded
    with experiment.run(server) as trial:
        with odds.failing(call, 1):
            for _ in range(2):
                signal_one(server, signal.SIGKILL)
            time.sleep(trial.outage)
        trial.wait_for(8)
        trial.injected = odds.count(call)
    assert "a worker did not start" in server.log()


@plain_build
@pytest.mark.parametrize("call", ["memfd", "queue", "spawn"])
def test_no_new_worker(experiment, preloaded, call):
    """No shared memory, no message queue, no process to be had: requests wait, and none is lost."""
    fail_respawns(experiment, preloaded, call)


@plain_build
def test_no_eventfd(experiment, preloaded):
    """No descriptor to wait for a worker with: 503, as for any full queue."""
    server, odds = preloaded
    with experiment.run(server, clients=6) as trial:
        trial.allowed = {503}
        with odds.failing("eventfd", 3):
            time.sleep(trial.seconds)
        trial.injected = odds.count("eventfd")


@plain_build
def test_no_thread(experiment, preloaded):
    """No thread for a new connection: it is closed unanswered, and those that are there go on."""
    server, odds = preloaded
    with experiment.run(server) as trial:
        with odds.failing("thread", 1):
            def connect():
                with socket.create_connection((server.host, server.port), 5) as client:
                    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                    try:
                        assert client.recv(100) == b""
                    except ConnectionResetError:
                        pass
                return 1
            trial.every(lambda: 0.05, connect)
        assert odds.count("thread") >= trial.injected
        assert curl(server.url("/healthz")).status == 200


@plain_build
def test_no_memory(experiment, preloaded):
    """One allocation in 300 fails: such a request gets 503 or is hung up on, no other is touched,
    and nothing is an error of ours."""
    server, odds = preloaded
    with experiment.run(server, seconds=0.8) as trial:
        trial.allowed, trial.may_lose = {503}, True
        with odds.failing("malloc", 300):
            time.sleep(trial.seconds)
        trial.injected = odds.count("malloc")


@plain_build
def test_accept_fails(experiment, preloaded):
    """accept() fails for want of descriptors in the whole system: who is connected goes on."""
    server, odds = preloaded
    with experiment.run(server) as trial:
        with odds.failing("accept", 2):
            end = time.monotonic() + trial.seconds
            while time.monotonic() < end:
                assert curl(server.url("/healthz")).status == 200
        trial.injected = odds.count("accept")


def test_descriptors_run_out(own, experiment):
    """At the limit of descriptors new connections wait; those that are there are served while a
    worker is free, else gets 503; a worker that dies is replaced as soon as there is room."""
    server = own.gateway()
    with experiment.run(server) as trial:
        trial.allowed = {503}
        extra = []
        open_now = len(traffic.processes.descriptors(server.pid))
        with limited(server, "nofile", open_now + 3):
            for _ in range(20):
                extra.append(RawConnection(server))
            signal_one(server, signal.SIGKILL)
            time.sleep(trial.outage)
            trial.injected = len(extra)
        for raw in extra:
            raw.close()
        trial.wait_for(8)
    warnings = re.findall(" warning .*", server.log())
    assert len(warnings) < 30, warnings[:30]


@needs_root
@plain_build
def test_queue_limit_of_a_user(own, experiment):
    """An unprivileged user whose limit on message queues has room for one worker's: one worker
    serves; with the limit raised there are two, without a restart."""
    settings = {"scale.upstream": "http://127.0.0.1:1", "gray.workers": 2}
    server = wrapped(own, as_other_user("--msgqueue=3000:"), settings)
    server.start()
    wait_until(lambda: traffic.pool_state(server)["idle"] == 1, 30, "one worker")
    time.sleep(0.3)
    assert traffic.pool_state(server)["starting"] == 1
    assert curl(server.url("/"), body=traffic.honest_images(1)[0][0]).status == 200
    set_limit(server, "msgqueue", 819200)
    wait_until(lambda: traffic.pool_state(server)["idle"] == 2, 20, "two workers")
    with experiment.run(server) as trial:
        trial.injected = 1
        signal_one(server, signal.SIGKILL)
        time.sleep(trial.seconds)
    assert "did not start: no more message queues: the user's limit is RLIMIT_MSGQUEUE" in server.log()


@needs_root
@plain_build
def test_process_limit_of_a_user(own, experiment):
    """An unprivileged user at its limit of processes and threads: no new worker, no new connection,
    and both again as soon as there is room."""
    settings = {"scale.upstream": "http://127.0.0.1:1", "gray.workers": 2}
    server = wrapped(own, as_other_user(), settings)
    server.start()
    with experiment.run(server) as trial:
        with limited(server, "nproc", 1):
            signal_one(server, signal.SIGKILL)
            signal_one(server, signal.SIGKILL)
            time.sleep(trial.outage)
            trial.injected = 2
        trial.wait_for(8)
    assert "did not start: Resource temporarily unavailable" in server.log()


@needs_root
@plain_build
def test_unprivileged_user(own, experiment):
    """Everything works for an unprivileged user too; its workers stay that user."""
    settings = {"scale.upstream": "http://127.0.0.1:1", "gray.workers": 2,
                "gray.program": str(HOSTILE)}
    server = wrapped(own, as_other_user(), settings)
    server.start()
    for pid in server.workers():
        assert traffic.processes.status(pid)["Uid"].split() == [str(OTHER_USER)] * 4
    with experiment.run(server, images=traffic.command_images(4)) as trial:
        trial.every(lambda: random.uniform(0.05, 0.1), lambda: signal_one(server, signal.SIGKILL))


def test_too_few_descriptors_to_start():
    """A hard limit below what max_connections needs: a line that says so, exit code 1."""
    done = run("/usr/bin/prlimit", "--nofile=200:200", GATEWAY, "-c", NO_METRICS,
               "-p", "0", "-i", "127.0.0.1", cwd=BUILD)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert "descriptors" in done.stderr, done.stderr


def test_descriptors_are_those_of_the_document(own):
    """docs/operations.md says how many a server takes, and below how many it does not start."""
    row = re.search(r"^\| descriptors \|.*$", (ROOT / "docs/operations.md").read_text(), re.M)[0]
    found = re.findall(r"([\d.]+) for each(?: of `listen.max_connections`,)? and (\d+)", row)
    connections = 800
    wanted, least = (int(float(each) * connections) + int(besides) for each, besides in found)
    for hard in (least, wanted + 1000):
        server = wrapped(own, ["/usr/bin/prlimit", f"--nofile=256:{hard}"],
                         {"listen.max_connections": connections, "scale.upstream": "http://127.0.0.1:1"})
        server.start()
        assert resource.prlimit(server.pid, resource.RLIMIT_NOFILE) == (min(hard, wanted), hard)
    server = wrapped(own, ["/usr/bin/prlimit", f"--nofile=256:{least - 1}"], {"listen.max_connections": connections})
    with pytest.raises(AssertionError, match="ended with 1"):
        server.start()


@plain_build
@pytest.mark.parametrize("limit, reason", [
    ("--msgqueue=1000:1000", "the user's limit is RLIMIT_MSGQUEUE (ulimit -q), 1000 bytes"),
    ("--as=150000000:150000000", "cannot map the shared memory: Cannot allocate memory"),
    ("--as=300000000:300000000",
     "RLIMIT_AS (ulimit -v) is 300000000, expected at least 2248151040"),
    ("--nofile=12:12", "Too many open files")])
def test_a_limit_that_lets_no_worker_start_is_reported(limit, reason):
    """One line that names what is short, and not the next best error."""
    done = run("/usr/bin/prlimit", limit, SCALE, "-c", NO_METRICS, "-p", "0",
               "-i", "127.0.0.1")
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1 and len(lines) == 1, done
    assert lines[0].startswith("grisaille-scale: cannot start workers: "), lines
    assert lines[0].endswith(reason) and "not permitted" not in lines[0], lines


@needs_root
@plain_build
def test_too_few_message_queues_are_reported():
    """The same where the kernel has no more of them, whatever the user's own limit is."""
    done = run("/usr/bin/unshare", "--ipc", "/bin/sh", "-c",
               "echo 1 > /proc/sys/fs/mqueue/queues_max || exit 77\n"
               f"exec {' '.join(as_other_user())} {SCALE} "
               f"-c {NO_METRICS} -p 0 -i 127.0.0.1")
    if done.returncode == 77:
        pytest.skip("no message queues' limits of our own here")
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1 and len(lines) == 1, done
    assert lines[0].endswith("no more message queues: the limit is fs.mqueue.queues_max (sysctl)")


@plain_build
@pytest.mark.parametrize("kind, key", [("gateway", "gray"), ("scale", "scale")])
def test_the_smallest_memory_is_enough(own, tmp_path, kind, key):
    """The least max_memory_bytes that a configuration may have lets workers start and work."""
    least = 160 << 20
    server = getattr(own, kind)(**{f"{key}__max_memory_bytes": least})
    image = traffic.honest_images(1)[0][0]
    assert curl(server.url("/gray" if kind == "gateway" else "/scale"), body=image).status == 200
    config = tmp_path / "config.json"
    config.write_text(json.dumps({key: {"max_memory_bytes": least - 1}}))
    done = run(GATEWAY if kind == "gateway" else SCALE, "--check-config", "-c", config)
    assert done.returncode == 2 and "max_memory_bytes" in done.stderr, done
