# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Ways to make a server's day a bad one: wrappers that start it under limits, under strace, as
another user or with calls that fail; workers that do not start; the kernel's memory killer."""
import atexit
import contextlib
import errno
import functools
import os
import pathlib
import re
import shlex
import shutil
import struct
import subprocess
import tempfile

import pytest

from support.processes import wait_until
from support.programs import BUILD, GATEWAY, Server, sanitizer

HOSTILE = BUILD / "tests/hostile_worker/grisaille-hostile-worker"
PRELOAD = BUILD / "tests/faults/faults-preload.so"
CALLS = ("malloc", "thread", "memfd", "queue", "spawn", "eventfd", "accept")
COUNT_PLACE = 16
OTHER_USER = 71000 + os.getpid() % 4000 # a user of our own: limits count all processes of a user

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
plain_build = pytest.mark.skipif(sanitizer() != "none",
                                 reason="a sanitizer stands where this test would")


def script(path, *lines):
    """An executable shell script; anybody may run it."""
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


class WrappedServer(Server):
    """A server started by a shell script that ends in exec: its pid is the server's."""

    def __init__(self, program, folder, settings, wrapper, environment=()):
        self.real = pathlib.Path(program)
        super().__init__(program, folder, settings)
        self.program = script(self.log_path.with_suffix(".sh"),
                              *(f"export {line}" for line in environment),
                              f'exec {" ".join(wrapper)} {shlex.quote(str(program))} "$@"')


@functools.cache
def open_folder():
    """A folder that every user may read, which pytest's are not; it goes with the session."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="grisaille-faults-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def wrapped(fleet, wrapper, settings, program=GATEWAY, environment=()):
    """A server of the test's own under a wrapper; ends with the test. start() is the caller's."""
    server = WrappedServer(program, open_folder(), settings, wrapper, environment)
    fleet.servers.append(server)
    return server


def as_other_user(*limits, capabilities=()):
    """A wrapper: another user, with prlimit's options, and capabilities such as "setuid"."""
    granted = ",".join(f"+{name}" for name in capabilities)
    return ["prlimit", *limits, "setpriv", "--reuid", str(OTHER_USER), "--regid", str(OTHER_USER),
            "--clear-groups", *(["--inh-caps", granted, "--ambient-caps", granted] if granted else [])]


@contextlib.contextmanager
def limited(server, kind, value):
    """A soft limit of a running server, "nofile", "nproc" or "as", for a while."""
    name = {"nofile": "Max open files", "nproc": "Max processes", "as": "Max address space"}[kind]
    limits = pathlib.Path(f"/proc/{server.pid}/limits").read_text()
    before = re.search(rf"{name} +(\w+)", limits)[1]
    set_limit(server, kind, value)
    try:
        yield
    finally:
        set_limit(server, kind, before)


def set_limit(server, kind, value):
    """As the server's own user: root may be without the right to do it for others."""
    identity = ["setpriv", "--reuid", str(OTHER_USER), "--regid", str(OTHER_USER), "--clear-groups"]
    owner = os.stat(f"/proc/{server.pid}").st_uid
    subprocess.run([*(identity if owner == OTHER_USER else []), "prlimit", "--pid", str(server.pid),
                    f"--{kind}={value}:"], check=True)


class Odds:
    """One call in so many of a preloaded server fails: the file that preload.c maps."""

    def __init__(self):
        self.path = path = open_folder() / f"odds-{id(self):x}"
        path.write_bytes(bytes(4 * (COUNT_PLACE + len(CALLS))))

    def environment(self):
        return [f"FAULTS_FILE={self.path}", f"LD_PRELOAD={PRELOAD}"]

    def write(self, call, one_in):
        with open(self.path, "r+b") as file:
            file.seek(4 * CALLS.index(call))
            file.write(struct.pack("<i", one_in))

    def count(self, call):
        """How many have failed so far."""
        data = self.path.read_bytes()
        return struct.unpack_from("<i", data, 4 * (COUNT_PLACE + CALLS.index(call)))[0]

    @contextlib.contextmanager
    def failing(self, call, one_in):
        self.write(call, one_in)
        try:
            yield
        finally:
            self.write(call, 0)


class MemoryGroup:
    """A control group with so little memory that the kernel's killer comes. None where this host
    gives us no such group."""

    def __init__(self, limit_bytes):
        self.path = pathlib.Path("/sys/fs/cgroup/memory") / f"grisaille-test-{os.getpid()}"
        try:
            self.path.mkdir()
            (self.path / "memory.limit_in_bytes").write_text(str(limit_bytes))
        except OSError as error:
            pytest.skip(f"no control group for memory: {error}")

    def add(self, pid):
        (self.path / "cgroup.procs").write_text(str(pid))

    def kills(self):
        lines = (self.path / "memory.oom_control").read_text().split()
        return int(lines[lines.index("oom_kill") + 1])

    def close(self):
        """Its processes go back where they came from, those too that are forked or end meanwhile."""
        wait_until(self._is_removed, 30, "an empty control group")

    def _is_removed(self):
        parent = self.path.parent / "cgroup.procs"
        for pid in (self.path / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                parent.write_text(pid)
        try:
            self.path.rmdir()
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            return False
        return True
