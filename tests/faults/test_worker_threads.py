# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""A worker that was taken over starts threads by the thousand, or computes with nothing to do: it
is bounded or ended, whoever its user is, and nobody waits for the CPUs that it takes."""
import os
import random
import signal
import statistics
import threading
import time

import pytest

from faults import hostile_worker, traffic
from faults.injection import HOSTILE, OTHER_USER, as_other_user, needs_root, plain_build, wrapped
from samples import files
from support import processes
from support.clients import Client, curl
from support.processes import wait_until
from support.programs import GATEWAY, NO_METRICS, run

# Both need the sandbox, which instrumented workers do not have.
pytestmark = [plain_build, needs_root]

THREADS_MAX = 12
CHANGE_USER = ("setuid", "setgid")
SETTINGS = {"scale.upstream": "http://127.0.0.1:1", "gray.program": str(HOSTILE), "gray.workers": 2,
            "limits.deadline_ms": 4000}
AHEAD = ["nice", "-n", "-10"] # its workers have their share beside whatever else runs here
SERVERS = {
    "root": [], "a user": as_other_user(),
    "a user that may change users": as_other_user(capabilities=CHANGE_USER),
    "a user that may kill, too": as_other_user(capabilities=(*CHANGE_USER, "kill")),
    "root without /proc": ["unshare", "--mount", "sh", "-c",
                           "'umount -l /proc && exec \"$@\"'", "sh"],
}
BOUNDED = [kind for kind in SERVERS if kind != "a user"]


def start(own, kind, ahead=True, **settings):
    """A gateway with hostile workers, started as `kind`; whole, and nothing died."""
    flat = {name.replace("__", "."): value for name, value in settings.items()}
    server = wrapped(own, [*(AHEAD if ahead else []), *SERVERS[kind]], SETTINGS | flat)
    server.start()
    wait_until(lambda: traffic.is_whole(server), 30, "ready")
    return server


def crowd(server, order):
    """What became of it, and how many threads were started, if it could answer."""
    reply = curl(server.url("/"), "--max-time", "60",
                 body=hostile_worker.image(f"crowd {order}", size=200))
    answer = hostile_worker.read_answer(reply.body) if reply.status == 200 else None
    return reply.status, answer and int(answer.split()[0])


def is_well(server):
    """It answers as before, by workers that have no more threads than they should."""
    wait_until(lambda: traffic.is_whole(server), 30, "whole again")
    with Client(server) as client:
        for number in range(8):
            body = hostile_worker.image("echo", number)
            assert client.image("/", body) == body

    def few_threads():
        try:
            return all(processes.thread_count(pid) <= THREADS_MAX for pid in server.workers())
        except (OSError, KeyError): # it ended meanwhile
            return False
    wait_until(few_threads, 30, "the last of the killed threads ends")
    return True


@pytest.mark.parametrize("kind", BOUNDED)
def test_threads_of_its_own_user(own, kind):
    """Where each worker has a user of its own, the kernel counts: 4,000 threads are eleven."""
    server = start(own, kind)
    status, started = crowd(server, "4000 rest")
    assert status == 200 and started == THREADS_MAX - 1
    assert is_well(server)


def test_threads_at_rest(own):
    """Without that the supervisor counts: 4,000 threads behind an honest answer end the worker."""
    server = start(own, "a user")
    before = server.workers()
    crowd(server, "4000 rest") # and it may be found out before
    wait_until(lambda: "threads, expected at most 12: killed" in server.log(), 60, "a warning")
    assert is_well(server) and server.workers() != before


def test_threads_during_a_job(own):
    """The same within a job is a crash of its decoder: another worker gets it, and then it is 422."""
    server = start(own, "a user", limits__deadline_ms=30000)
    assert crowd(server, "4000 rest during")[0] == 422
    wait_until(lambda: server.log().count("threads, expected at most 12: killed") == 2, 60,
               "both warnings")
    assert is_well(server)


@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("count", [1, 300])
def test_spinning_at_rest(own, kind, count):
    """Computing with no job to do ends a worker, with few threads or many."""
    server = start(own, kind)
    status, started = crowd(server, f"{count} spin")
    many = kind == "a user" and count > THREADS_MAX
    if not many: # else it may be found out before it has answered
        assert status == 200 and started == min(count, THREADS_MAX - 1)
    wait_until(lambda: ": killed" in server.log(), 60, "a warning")
    assert ("threads, expected" if many else "CPU time") in server.log()
    assert is_well(server) and traffic.pool_state(server)["crashes"] == 0


def test_without_proc(own):
    """Where the server has no /proc, threads are not counted, but CPU time is, and all works."""
    server = start(own, "root without /proc")
    assert crowd(server, "1 spin") == (200, 1)
    wait_until(lambda: "CPU time than its jobs can need: killed" in server.log(), 60, "a warning")
    assert is_well(server)


@pytest.mark.parametrize("kind", [kind for kind in SERVERS if kind.startswith("a user")])
def test_a_server_that_is_not_root(own, kind):
    """With CAP_SETUID and CAP_SETGID its workers have users of their own and none of the
    capabilities; without, they are of its user, and /readyz says so. It can end a worker that hangs,
    and they die with it, either way."""
    server = start(own, kind, limits__deadline_ms=1000)
    states = [processes.status(pid) for pid in server.workers()]
    users = {state["Uid"].split()[0] for state in states}
    own_users = kind in BOUNDED
    assert len(users) == (2 if own_users else 1) and (str(OTHER_USER) in users) != own_users
    for state in states:
        assert all(int(state[f"Cap{name}"], 16) == 0 for name in ("Inh", "Prm", "Eff", "Amb"))
    assert curl(server.url("/readyz")).json()["sandbox"]["user"] is own_users
    assert curl(server.url("/"), body=hostile_worker.image("hang")).status == 504
    assert is_well(server)
    server.process.send_signal(signal.SIGSTOP)
    server.kill()
    assert len(server.born) == 2
    wait_until(lambda: server.orphans() == [], 10, "no orphan")


def test_users_of_two_servers(own):
    """Two gateways of one configuration share no user, nor do new workers of either. The kernel counts
    a user's processes in all containers of the machine: another run of this test must not have these."""
    first = 3_000_000_000 + random.randrange(10 ** 8) * 5
    servers = [start(own, "root", gray__worker_users=f"{first}-{first + 4}") for _ in range(2)]

    def users():
        return [processes.status(pid)["Uid"].split()[0] for one in servers for pid in one.workers()]
    assert len(set(users())) == 4
    for server in servers:
        os.kill(server.workers()[0], signal.SIGKILL)
    wait_until(lambda: all(map(traffic.is_whole, servers)), 30, "whole again")
    assert len(set(users())) == 4


@pytest.mark.parametrize("users, reason", [
    ("4000001000-4000001001", "worker_users: expected as many as there are workers, which is 3, or one "
     "for all, got 4000001000-4000001001")])
def test_too_few_users(tmp_path, users, reason):
    """A line that says so, and no server."""
    config = tmp_path / "gateway.json"
    config.write_text('{"gray": {"workers": 3, "worker_users": "%s"}}' % users)
    done = run(GATEWAY, "--config", config, "-p", "0", "-i", "127.0.0.1")
    assert (done.returncode, done.stderr) == (1, f"grisaille-gateway: {reason}\n")


def test_one_user_for_all(own):
    """One number: all workers are of that user, and not bounded by the count of its threads."""
    server = start(own, "root", gray__worker_users="65534")
    assert [processes.status(pid)["Uid"].split() for pid in server.workers()] == [["65534"] * 4] * 2
    crowd(server, "4000 rest") # it may be found out before it has answered
    wait_until(lambda: "threads, expected at most 12: killed" in server.log(), 60, "a warning")
    assert is_well(server)


def test_users_that_there_are_not(own):
    """In a user namespace without the configured users no server starts, and the error names the layer."""
    namespace = ["/usr/bin/unshare", "--user", "--map-root-user"]
    if run(*namespace, "/bin/true").returncode != 0:
        pytest.skip("no user namespaces, as in a chroot")
    done = run(*namespace, GATEWAY, "-c", NO_METRICS, "-p", "0", "-i", "127.0.0.1")
    assert done.returncode == 1 and 'layer "user" cannot be set up' in done.stderr
    assert "(worker_users)" in done.stderr, done


def test_honest_long_jobs(own):
    """Images that take long, with every CPU that they can use, are let end."""
    server = own.gateway(own.scale())
    image = files.image(2400, 1800, "RGB")
    images = [files.encode(image, kind) for kind in ("PNG", "WEBP", "TIFF", "JPEG", "GIF")]
    with Client(server) as client:
        for body in images:
            assert client.post("/gray", body).status == 200
            assert client.post("/gray?scale=0.9", body).status == 200
    time.sleep(1.2) # memory goes back at rest
    assert traffic.pool_state(server)["kills"] == 0


ROUNDS, ROUND_SECONDS = 5, 0.5


def p99_ms(server, seconds):
    """Of /healthz, one after the other on one connection."""
    taken = []
    with Client(server) as client:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.monotonic()
            assert client.request("GET", "/healthz").status == 200
            taken.append((time.monotonic() - began) * 1000)
    return statistics.quantiles(taken, n=100)[98]


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["root", "a user"])
def test_health_beside_spinning_threads(own, kind):
    """p99 of /healthz while a worker again and again starts 300 threads that compute, beside the same
    of a calm server."""
    server = start(own, kind, ahead=False)
    stop = threading.Event()

    def attack():
        while not stop.is_set():
            crowd(server, "300 spin")
            time.sleep(0.05)
    calm, beside = [], []
    for _ in range(ROUNDS):
        calm.append(p99_ms(server, ROUND_SECONDS))
        stop.clear()
        attacker = threading.Thread(target=attack)
        attacker.start()
        beside.append(p99_ms(server, ROUND_SECONDS))
        stop.set()
        attacker.join()
    calm, beside = statistics.median(calm), statistics.median(beside)
    print(f"\n/healthz p99: {calm:.2f} ms calm, {beside:.2f} ms beside 300 spinning threads ({kind})")
    assert beside < 10 * calm + 150
