# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The sandbox, from inside: a worker that has been taken over tries each way out in the real sandbox
of a running server. Each try fails, or ends the worker; the server goes on serving."""
import os
import pathlib
import re
import signal
import threading

import pytest

from faults import hostile_worker, traffic
from faults.injection import HOSTILE, needs_root, wrapped
from support import processes
from support.clients import Client, curl
from support.processes import wait_until
from support.programs import GATEWAY, NO_METRICS, SCALE, TRACE_FIELDS, run, sanitizer

pytestmark = pytest.mark.skipif(sanitizer() != "none", reason="instrumented workers have no sandbox")

EPERM = "errno 1" # the filter's answer to whatever it does not know
KILLED = "killed by signal 31 (SYS)"

FORBIDDEN = {
    # files
    "read-passwd": EPERM, "list-root": EPERM, "write-file": KILLED, "write-own-memory": KILLED,
    "unlink": KILLED, "chroot": KILLED, "duplicate-log": EPERM,
    "seek-log": EPERM, "truncate-log": KILLED, "fallocate-log": EPERM, "pwrite-log": EPERM,
    "pwritev-log": EPERM, "read-log": EPERM, "splice-log": EPERM, "block-log": EPERM,
    "enlarge-log": EPERM,
    # the network, and other ways out
    "socket": KILLED, "connect": KILLED, "memfd": KILLED, "make-queue": KILLED, "shmget": KILLED,
    "write-queue": EPERM, "io-uring": KILLED, "bpf": KILLED,
    # other processes
    "exec": KILLED, "fork": KILLED, "clone-namespace": KILLED, "clone3": "errno 38",
    "ptrace": KILLED, "read-parent": KILLED, "signal-parent": KILLED, "signal-everybody": KILLED,
    "signal-thread": KILLED, "outlive-parent": EPERM, "getppid": EPERM,
    # the shared memory
    "grow-region": KILLED, "shrink-region": KILLED, "fallocate-region": EPERM,
    "punch-region": EPERM, "seal-region": EPERM, "seek-region": EPERM,
    "touch-beyond": "killed by signal 7 (BUS)",
    # code
    "map-code": KILLED, "protect-code": KILLED, "region-code": KILLED,
    # rights
    "setuid": KILLED, "raise-limit": EPERM, "raise-descriptors": EPERM, "unshare": KILLED,
    "dumpable": EPERM,
    # more of the machine
    "raise-priority": EPERM, "lower-priority": EPERM, "real-time": EPERM, "scheduler": EPERM,
    "scheduler-attributes": EPERM, "affinity": EPERM,
    # and one call that is allowed, so that a failure above means something
    "getpid": "errno 0",
}


# Flags of clone(2): all but what is exactly pthread_create()'s is refused.
THREAD = 0x10000
PTHREAD_FLAGS = {
    "VM": 0x100, "FS": 0x200, "FILES": 0x400, "SIGHAND": 0x800, "THREAD": THREAD,
    "SYSVSEM": 0x40000, "SETTLS": 0x80000, "PARENT_SETTID": 0x100000, "CHILD_CLEARTID": 0x200000,
}
OTHER_FLAGS = {
    "PIDFD": 0x1000, "PTRACE": 0x2000, "VFORK": 0x4000, "PARENT": 0x8000, "NEWNS": 0x20000,
    "DETACHED": 0x400000, "UNTRACED": 0x800000, "CHILD_SETTID": 0x1000000, "NEWCGROUP": 0x2000000,
    "NEWUTS": 0x4000000, "NEWIPC": 0x8000000, "NEWUSER": 0x10000000, "NEWPID": 0x20000000,
    "NEWNET": 0x40000000, "IO": 0x80000000, "exit signal": signal.SIGCHLD,
}


@pytest.fixture(scope="module")
def sandboxed(fleet):
    """A gateway with a hostile worker behind the real sandbox."""
    return fleet.gateway(gray__program=str(HOSTILE))


@pytest.fixture(scope="module")
def unsandboxed(fleet):
    """The same without the sandbox: what the sandbox is measured against."""
    return fleet.gateway(gray__program=str(HOSTILE), sandbox="off")


def try_call(server, name):
    """One of the calls that the hostile worker knows by name."""
    return try_command(server, f"call {name}")


def try_command(server, command):
    """What became of it: "errno N", or how the log says that the worker died, twice."""
    seen = len(server.log())
    with Client(server) as client:
        reply = client.post("/", hostile_worker.image(command, size=200))
    if reply.status == 200:
        return hostile_worker.read_answer(reply.body).splitlines()[0]
    assert reply.status == 422 and b"image-crashed-decoder" in reply.body, reply
    def deaths():
        return re.findall(rf"died during a job: (.*?){TRACE_FIELDS}\n", server.log()[seen:])
    wait_until(lambda: len(deaths()) >= 2, 5, "both deaths in the log")
    first, *others = deaths()
    assert others == [first], deaths()
    return first


@pytest.mark.parametrize("name", FORBIDDEN)
def test_forbidden_call(sandboxed, name):
    """One call from inside; then the server serves as before."""
    assert try_call(sandboxed, name) == FORBIDDEN[name]
    with Client(sandboxed) as client:
        body = hostile_worker.image("echo", name)
        assert client.image("/", body) == body
    assert processes.is_alive(sandboxed.pid)


@pytest.mark.parametrize("name", ["read-passwd", "write-file", "socket", "map-code", "memfd",
                                  "raise-descriptors", "dumpable", "duplicate-log", "getppid",
                                  "lower-priority", "scheduler", "affinity"])
def test_the_same_call_works_without_the_sandbox(unsandboxed, name):
    """What the sandbox forbids does work outside: the sandbox refuses it, not a mistake of the test."""
    assert try_call(unsandboxed, name) == "errno 0"
    pathlib.Path("/tmp/grisaille-hostile").unlink(missing_ok=True)


@pytest.mark.parametrize("flag", PTHREAD_FLAGS | OTHER_FLAGS)
def test_odd_threads(sandboxed, flag):
    """A thread with one flag of clone(2) more or less than pthread_create() takes."""
    bits = (PTHREAD_FLAGS | OTHER_FLAGS)[flag]
    assert try_command(sandboxed, f"clone {bits:x}") == (KILLED if bits == THREAD else EPERM)


def test_ordinary_threads(sandboxed, unsandboxed):
    """Exactly those flags work, as do odd ones where there is no sandbox."""
    assert try_command(sandboxed, "clone 0") == "errno 0"
    assert try_command(unsandboxed, "clone 80000000") == "errno 0"


@pytest.mark.parametrize("call, found", {
    "kill": KILLED, "tgkill": KILLED, "ptrace": KILLED, "read": KILLED, "get-limit": EPERM,
    "set-limit": EPERM, "setpriority": EPERM}.items())
def test_other_workers(sandboxed, call, found):
    """Nothing can be done to another worker."""
    wait_until(lambda: traffic.is_whole(sandboxed), 10, "both workers")
    other = sandboxed.workers()[0] # or the one that tries: it may not do so to itself either
    if call == "tgkill":
        other = sandboxed.pid
    assert try_command(sandboxed, f"against {call} {other}") == found


@pytest.mark.parametrize("kind", ["gateway", "scale"])
def test_what_the_kernel_says(own, kind):
    """/proc shows each layer of both servers' real workers, and /readyz says the same."""
    server = own.gateway() if kind == "gateway" else own.scale()
    wait_until(lambda: traffic.is_whole(server), 10, "ready")
    workers, users = server.workers(), []
    assert len(workers) == 2
    for pid in workers:
        status = processes.status(pid)
        assert status["NoNewPrivs"].strip() == "1" and status["Seccomp"].strip() == "2"
        assert sorted(processes.descriptors(pid)) == [0, 1, 2, 3, 4, 5]
        variables = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")[:-1]
        assert set(variables) == {b"VIPS_NOVECTOR=1", b"MALLOC_ARENA_MAX=1", b"LC_ALL=C"}
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0, "a dumpable process is its own user's"
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()
        found = {line[:26].strip(): line[26:].split()[:2] for line in limits}
        assert found["Max core file size"] == ["0", "0"]
        assert found["Max open files"] == ["6", "6"]
        # gray.max_memory_bytes, and the shared memory: 32 MiB of input, 64 MiB of output
        assert found["Max address space"] == [str((2 << 30) + (96 << 20) + 4096)] * 2 # the memory it shares, too
        assert found["Max file size"] == ["0", "0"]
        assert found["Max nice priority"] == found["Max realtime priority"] == ["0", "0"]
        nice = [os.getpriority(os.PRIO_PROCESS, one) for one in (pid, server.pid)]
        assert nice[0] == min(19, nice[1] + 10)
        if os.geteuid() == 0:
            users.append(int(status["Uid"].split()[0]))
            assert status["Uid"].split() == status["Gid"].split() == [str(users[-1])] * 4
            assert status["Groups"].strip() == ""
            assert all(int(status[f"Cap{name}"], 16) == 0 for name in ("Inh", "Prm", "Eff", "Amb"))
            assert found["Max processes"] == ["12", "12"]
    if os.geteuid() == 0:
        first = 60706 if kind == "gateway" else 60945
        assert len(set(users)) == 2 and all(first <= user < first + 239 for user in users)
    sandbox = readiness(server)["sandbox"]
    assert sandbox["mode"] == "required"
    assert all(sandbox[layer] is True for layer in ("seccomp", "no_new_privs", "limits", "user",
                                                  "not_dumpable")), sandbox
    abi = landlock_abi()
    assert {name: value for name, value in sandbox.items() if name.startswith("landlock")} == {
        "landlock": abi >= 1, "landlock_tcp": abi >= 4, "landlock_scopes": abi >= 6}


def readiness(server):
    return curl(server.url("/readyz")).json()


def test_sandbox_off(own):
    """"off" is off, works, and /readyz says so."""
    server = own.scale(sandbox="off")
    image = traffic.honest_images(1)[0][0]
    assert curl(server.url("/scale"), body=image).status == 200
    sandbox = readiness(server)["sandbox"]
    assert sandbox.pop("mode") == "off" and not any(sandbox.values())
    for pid in server.workers():
        assert processes.status(pid)["Seccomp"].strip() == "0"


@needs_root
@pytest.mark.parametrize("call, layer", [
    ("setresuid", "user"), ("prctl:when=3", "no_new_privs"), ("prctl:when=4", "not dumpable"),
    ("close_range", "descriptors"), ("landlock_restrict_self", "Landlock"),
    ("seccomp", "seccomp")])
@pytest.mark.parametrize("program", [GATEWAY, SCALE], ids=["gateway", "scale"])
def test_no_sandbox_no_server(program, call, layer):
    """Where a layer cannot be set up, the server says which on one line and does not start."""
    if layer == "Landlock" and landlock_abi() == 0:
        pytest.skip("this kernel has no Landlock")
    name, _, when = call.partition(":")
    done = run("/usr/bin/strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}",
               "-e", ":".join(filter(None, (f"inject={name}", "error=EPERM", when))),
               program, "-c", NO_METRICS, "-p", "0", "-i", "127.0.0.1")
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1 and len(lines) == 1, done
    assert lines[0].startswith(f"{program.name}: cannot start workers: ")
    assert f'layer "{layer}"' in lines[0], lines


def landlock_abi():
    """What the kernel's Landlock knows; 0: it has none."""
    done = run(GATEWAY, "--print-config")
    return int(re.search(r'"landlock_abi": (\d+)', done.stdout)[1])


@needs_root
def test_no_landlock(own):
    """A kernel without Landlock: it is missing in /readyz and a log line, and all else stands."""
    server = wrapped(own, ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e",
                           "trace=landlock_create_ruleset", "-e",
                           "inject=landlock_create_ruleset:error=EOPNOTSUPP"],
                     {"scale.upstream": "http://127.0.0.1:1", "gray.workers": 1})
    server.start()
    sandbox = readiness(server)["sandbox"]
    assert not any(sandbox[layer] for layer in sandbox if layer.startswith("landlock")), sandbox
    assert all(sandbox[layer] is True for layer in ("seccomp", "no_new_privs", "limits")), sandbox
    wait_until(lambda: "Landlock" in server.log(), 30, "a log line")


def test_workers_die_with_their_server(own):
    """kill -9 of a server whose workers are busy, idle, and hanging: none is left soon after,
    nor a queue or shared memory."""
    server = own.gateway(gray__program=str(HOSTILE), gray__workers=3)

    def hang(command):
        try:
            curl(server.url("/"), "--max-time", "10", body=hostile_worker.image(command))
        except AssertionError:
            pass # its server is killed
    threads = [threading.Thread(target=hang, args=(command,)) for command in ("hang", "sleep 9000")]
    for thread in threads:
        thread.start()
    wait_until(lambda: traffic.pool_state(server)["busy"] == 2, 30, "two are busy")
    server.process.send_signal(signal.SIGSTOP) # so that it can do nothing about it
    server.kill()
    assert len(server.born) == 3
    wait_until(lambda: server.orphans() == [], 10, "no orphan")
    wait_until(lambda: processes.named_ipc() == set(), 10, "no name")
    for thread in threads:
        thread.join()


def test_started_by_hand():
    """A worker that is started by hand says so and ends."""
    done = run(HOSTILE)
    assert done.returncode == 2 and "by hand" in done.stderr
