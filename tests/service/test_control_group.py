# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Defaults that fit the control group: workers by its quota of CPU time, memory by its limit."""
import json
import os
import pathlib

import pytest

from support.processes import wait_until
from support.programs import GATEWAY, SCALE, Server, run

MIB = 1 << 20
PROGRAMS = pytest.mark.parametrize("program", [GATEWAY, SCALE], ids=lambda path: path.name)


class Group:
    """A control group of one controller, of either version, for whoever is started by `command`."""

    def __init__(self, controller, **limits):
        """Limits: {name of version 1's file, with _ for dots: value}, or v2=(name, value)."""
        folder = pathlib.Path("/sys/fs/cgroup") / controller
        self.v2 = not folder.exists()
        self.path = (folder.parent if self.v2 else folder) / f"grisaille-limits-{os.getpid()}"
        try:
            self.path.mkdir()
            for name, value in ([limits["v2"]] if self.v2 else limits["v1"]):
                (self.path / name).write_text(str(value))
        except OSError:
            self.close()
            pytest.skip(f"no control group for {controller} can be made")

    def command(self):
        return ["sh", "-c", f'echo $$ > {self.path}/cgroup.procs && exec "$0" "$@"']

    def close(self):
        if self.path.exists():
            wait_until(lambda: not (self.path / "cgroup.procs").read_text(), 20, "an empty group")
            self.path.rmdir()


@pytest.fixture
def group():
    made = []

    def group(*arguments, **limits):
        made.append(Group(*arguments, **limits))
        return made[-1]
    yield group
    for one in made:
        one.close()


def memory(group, size):
    return group("memory", v1=[("memory.limit_in_bytes", size)], v2=("memory.max", size))


@PROGRAMS
@pytest.mark.parametrize("quota, workers", [(100000, 1), (199000, 1), (50000, 1)])
def test_workers(group, program, quota, workers):
    """Whole CPUs, rounded down, at least one; a number that was given stays."""
    cpus = group("cpu", v1=[("cpu.cfs_period_us", 100000), ("cpu.cfs_quota_us", quota)],
                 v2=("cpu.max", f"{quota} 100000"))
    printed = json.loads(run(*cpus.command(), program, "--print-config").stdout)
    assert printed["computed"]["workers"] == workers


@PROGRAMS
def test_memory(group, tmp_path, program):
    """The default of max_memory_bytes makes everything fit; what was given stays."""
    section = "gray" if program == GATEWAY else "scale"
    config = tmp_path / "config.json"
    config.write_text(json.dumps({section: {"workers": 2}}))
    inside = memory(group, 4096 * MIB).command()
    printed = json.loads(run(*inside, program, "-c", config, "--print-config").stdout)
    computed = printed["computed"]
    assert computed["memory_limit_bytes"] == 4096 * MIB
    assert 4000 * MIB < computed["memory_bound_bytes"] <= 4096 * MIB
    assert 512 * MIB < printed[section]["max_memory_bytes"] < 2048 * MIB
    config.write_text(json.dumps({section: {"workers": 2, "max_memory_bytes": 2048 * MIB}}))
    printed = json.loads(run(*inside, program, "-c", config, "--print-config").stdout)
    assert printed[section]["max_memory_bytes"] == 2048 * MIB


@PROGRAMS
def test_too_little_memory(own, group, program):
    """Where it cannot fit, a warning names the keys, and the server serves."""
    inside = memory(group, 1024 * MIB)
    server = Server(program, own.folder, {})
    script = own.folder / f"inside-{server.program.name}"
    script.write_text(f'#!/bin/sh\necho $$ > {inside.path}/cgroup.procs && exec {program} "$@"\n')
    script.chmod(0o755)
    server.program = script
    own.servers.append(server)
    server.start()
    section = "gray" if program == GATEWAY else "scale"
    warning = next(line for line in server.log().splitlines() if "control group" in line)
    for key in (f"{section}.workers", f"{section}.max_memory_bytes", "limits.max_inflight_bytes",
                "listen.max_connections"):
        assert key in warning
    server.stop()
