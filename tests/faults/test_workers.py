# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Workers killed, stopped, lying, hanging, not starting, under real traffic: nobody else notices."""
import contextlib
import os
import random
import signal
import threading
import time

import pytest

from faults import hostile_worker, traffic
from faults.injection import HOSTILE, MemoryGroup, needs_root, plain_build, script
from samples import files
from support.clients import Client, curl
from support.processes import wait_until
from support.programs import BUILD, sanitizer

GRAY = BUILD / "services/gray/grisaille-gray"
LIES = ("length", "offset", "generation", "stale", "version", "short", "garbage", "status", "format",
        "nothing", "count", "beyond", "result", "no-result", "result-length", "result-beyond")


def signal_one(server, number):
    """One living worker gets the signal; says how many did."""
    workers = server.workers()
    if not workers:
        return 0
    try:
        os.kill(random.choice(workers), number)
    except ProcessLookupError:
        return 0
    return 1


def test_workers_killed_at_random(own, experiment):
    """SIGKILL at random instants, in each phase of a job and between jobs: every answer is 200."""
    server = own.gateway()
    with experiment.run(server, seconds=1) as run:
        run.every(lambda: random.uniform(0.02, 0.12), lambda: signal_one(server, signal.SIGKILL))


def test_scale_workers_killed_at_random(own, experiment):
    """The same behind the scale server, asked through the gateway."""
    scale = own.scale()
    gateway = own.gateway(scale)
    with experiment.run(gateway, "/gray?scale=0.5") as run:
        run.every(lambda: random.uniform(0.02, 0.12),
                  lambda: signal_one(scale, signal.SIGKILL) + signal_one(gateway, signal.SIGKILL))


def test_workers_stopped(own, experiment):
    """SIGSTOP: a stopped worker is replaced, and its job is done by another."""
    server = own.gateway()
    with experiment.run(server) as run:
        run.every(lambda: random.uniform(0.05, 0.15), lambda: signal_one(server, signal.SIGSTOP))


STOPPED_S = 1.2 # a worker may be stopped for somewhat longer


def ask_while_stopped(server, pids, times):
    """The replies of /readyz meanwhile, and whether that was short."""
    began = time.monotonic()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    replies = [curl(server.url("/readyz")) for _ in range(times)]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError): # it was not short
            os.kill(pid, signal.SIGCONT)
    return replies, time.monotonic() - began < STOPPED_S


def test_health_checks_harm_nobody(own):
    """/readyz, again and again, while one worker of four is stopped: the answer is ready, since the
    others are, and none of them is touched. With all stopped it is not ready, until they go on."""
    for _ in range(20): # on a busy machine it may take so long that the workers are replaced
        server = own.gateway(own.scale(), gray__workers=4)
        wait_until(lambda: traffic.is_whole(server), 10, "whole")
        workers = sorted(server.workers())
        one = [ask_while_stopped(server, [pid], 3) for pid in workers]
        if all(short for _, short in one):
            [reply], short = ask_while_stopped(server, workers, 1)
            if short:
                break
        server.stop()
    assert all(answer.status == 200 for replies, _ in one for answer in replies)
    assert reply.status == 503 and not reply.json()["gray"]
    assert curl(server.url("/readyz")).status == 200
    state = traffic.pool_state(server)
    assert state["crashes"] == state["kills"] == 0, state
    assert sorted(server.workers()) == workers


def test_workers_crash(hostile, experiment):
    """Images that crash their decoder, one after the other, beside honest ones: each is its own
    sender's 422 and nobody else's."""
    images = traffic.command_images(4)
    with experiment.run(hostile, images=images) as run, Client(hostile) as client:
        def crash():
            number = random.choice([4, 6, 7, 8, 11, 31])
            reply = client.post("/", hostile_worker.image(f"signal {number}", run.injected))
            assert reply.status == 422 and b"image-crashed-decoder" in reply.body, reply
            return 1
        run.every(lambda: 0.03, crash)


def test_workers_lie(hostile, experiment):
    """Every false reply of a worker, beside honest traffic: no byte of it reaches a client."""
    seen = {}
    with experiment.run(hostile, images=traffic.command_images(4)) as run:
        with Client(hostile) as client:
            for lie in LIES * 2:
                reply = client.post("/", hostile_worker.image(f"lie {lie}", run.injected))
                seen[lie] = reply.status
                run.injected += 1
    assert seen == dict.fromkeys(LIES, 422)


def test_workers_answer_twice(hostile, experiment):
    """A worker that answers twice, or writes into an answer that it has given: the surplus answers
    nobody."""
    with experiment.run(hostile, images=traffic.command_images(3)) as run:
        with Client(hostile) as client:
            def twice():
                body = hostile_worker.image("lie twice", run.injected)
                reply = client.post("/", body)
                assert reply.status == 200 and reply.body == body
                return 1
            run.every(lambda: 0.02, twice)
            # What was copied out before the scribbling is whole; what was not is the sender's own.
            assert client.post("/", hostile_worker.image("lie after", 1)).status == 200


def test_worker_hangs(own, experiment):
    """An image that hangs its decoder is 504 at the deadline; the others do not wait for it."""
    server = own.gateway(gray__program=str(HOSTILE), limits__deadline_ms=1500)
    with experiment.run(server, images=traffic.command_images(3), seconds=1.2) as run:
        with Client(server) as client:
            def hang():
                began = time.monotonic()
                reply = client.post("/", hostile_worker.image("hang", run.injected))
                assert reply.status == 504 and b"deadline-exceeded" in reply.body, reply
                assert 1.4 < time.monotonic() - began < 15
                return 1
            run.every(lambda: 0.01, hang)
    assert max(run.traffic.seconds) < 1.4, max(run.traffic.seconds)


@plain_build
def test_worker_takes_memory(own, experiment):
    """Allocation beyond gray.max_memory_bytes is refused inside the worker, and is its 422."""
    server = own.gateway(gray__program=str(HOSTILE), gray__max_memory_bytes=256 << 20,
                         limits__max_output_bytes=16 << 20, limits__max_body_bytes=16 << 20)
    with experiment.run(server, images=traffic.command_images(3)) as run:
        with Client(server) as client:
            def take():
                reply = client.post("/", hostile_worker.image("allocate 4096", run.injected))
                assert reply.status == 422 and b"image-too-large" in reply.body, reply
                return 1
            run.every(lambda: 0.05, take)


def replace_workers(server):
    """Two new ones, both ready, in the place of those that it has."""
    killed = server.workers()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(set(server.workers()) - set(killed)) == 2, 30, "new workers")
    wait_until(lambda: traffic.pool_state(server)["starting"] == 0, 30, "new workers are ready")


@needs_root
@plain_build
def test_workers_killed_by_the_kernel(own, experiment):
    """Short of memory, the kernel kills a worker in the middle of an image: another one does it."""
    server = own.gateway()
    group = MemoryGroup(4 << 20)
    large = files.encode(files.image(2500, 1700, "RGB"), "PNG")
    with Client(server) as client:
        good = client.image("/", large)
    try:
        with experiment.run(server, images=traffic.honest_images(2)) as run:
            with Client(server) as client:
                for _ in range(3):
                    before = group.kills()
                    replace_workers(server) # what is charged already counts elsewhere
                    group.add(server.workers()[0])
                    replies = [client.post("/", large) for _ in range(6)]
                    assert all(reply.status == 200 and reply.body == good for reply in replies)
                    run.injected += group.kills() - before
    finally:
        group.close()


def test_workers_do_not_start(own, experiment, tmp_path):
    """A worker program that fails for a while: requests wait for it, and none is lost."""
    flag = tmp_path / "broken"
    program = script(tmp_path / "worker.sh", f"[ -e {flag} ] && exit 7", f'exec {GRAY} "$@"')
    server = own.gateway(gray__program=str(program))
    with experiment.run(server) as run:
        flag.touch()
        end = time.monotonic() + 30
        while traffic.pool_state(server)["starting"] < 2: # one may have begun before the flag
            assert time.monotonic() < end, "workers go on starting"
            run.injected += signal_one(server, signal.SIGKILL)
        time.sleep(run.outage)
        flag.unlink()
        run.wait_for(8)
    assert server.log().count("did not start: it ended before it was ready: exit code 7") >= 2


@needs_root
@plain_build
def test_workers_without_proc(own, tmp_path):
    """Where /proc is missing a worker cannot measure itself, and starts and works."""
    program = script(tmp_path / "worker.sh", "exec /usr/bin/unshare --mount /bin/sh -c "
                     f"'/bin/umount -l /proc && exec {HOSTILE} \"$@\"' sh \"$@\"")
    server = own.gateway(gray__program=str(program), gray__workers=1)
    with Client(server) as client:
        body = hostile_worker.image("echo")
        assert client.image("/", body) == body


def test_first_worker_starts_slowly(own, tmp_path):
    """One that is on its way, on a busy machine, is waited for, however often the other one fails."""
    first, others = tmp_path / "first", tmp_path / "others"
    program = script(tmp_path / "worker.sh", f"mkdir {first} 2>/dev/null && sleep 2 && touch {others}",
                     f'[ -e {others} ] && exec {GRAY} "$@"', "exit 7")
    server = own.gateway(gray__program=str(program), gray__workers=2)
    wait_until(lambda: traffic.is_whole(server), 30, "both workers")


def test_worker_program_replaced_by_nonsense(own, experiment, tmp_path):
    """The program is something else for a while (an upgrade half done)."""
    link = tmp_path / "worker"
    link.symlink_to(GRAY)
    server = own.gateway(gray__program=str(link))
    with experiment.run(server) as run:
        for target in ("/bin/true", "/nonexistent", "/etc/passwd"):
            other = tmp_path / "other"
            other.symlink_to(target)
            other.replace(link)
            run.injected += signal_one(server, signal.SIGKILL)
            time.sleep(0.15)
        other.symlink_to(GRAY)
        other.replace(link)
        run.wait_for(8)


@pytest.mark.skipif(sanitizer() != "none", reason="no sandbox: a bomb would go off")
@pytest.mark.parametrize("bomb", ["fork-bomb", "thread-bomb"])
def test_bombs(hostile, experiment, bomb):
    """Processes or threads without end: the first fork kills, threads meet the memory limit."""
    with experiment.run(hostile, images=traffic.command_images(3), seconds=0.6) as run:
        with Client(hostile) as client:
            def explode():
                reply = client.post("/", hostile_worker.image(bomb, run.injected))
                assert reply.status == 422, reply
                return 1
            run.every(lambda: 0.05, explode)


def test_recycled_all_the_time(own, experiment):
    """max_jobs of 3 under load: a fresh worker for every third image loses nothing."""
    server = own.gateway(gray__max_jobs=3)
    with experiment.run(server) as run:
        time.sleep(run.seconds)
        run.injected = sum(run.traffic.statuses.values()) // 3
    assert threading.active_count() < 20
