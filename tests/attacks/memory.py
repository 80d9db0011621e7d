# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What a server may need by its own reckoning (--print-config), and what it and its workers hold."""
import json

from faults.overload import MemoryWatch
from support import processes
from support.programs import GATEWAY, run


def flat(tree, prefix=""):
    """Pairs of a configuration's keys, as "listen.port", and values."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def defaults(program):
    """Of the keys that the program knows."""
    return dict(flat(json.loads(run(program, "--print-config").stdout)))


def bounds(server):
    """(memory_bound_bytes, what of it is for the server itself)."""
    found = dict(flat(server.configuration()))
    section = "gray" if server.program == GATEWAY else "scale"
    worker = sum(found[key] for key in (f"{section}.max_memory_bytes", "limits.max_body_bytes",
                                        "limits.max_output_bytes"))
    whole = found["computed.memory_bound_bytes"]
    return whole, whole - found["computed.workers"] * worker


def own_bytes(server):
    """Without the memory that it shares with its workers."""
    return int(processes.status(server.pid).get("RssAnon", "0 kB").split()[0]) * 1024


class Watch(MemoryWatch):
    """The most that a server and its workers held together, and that the server held itself."""

    def __init__(self, server):
        super().__init__(server, 0.1)
        self.own = 0
        self.bound, self.own_bound = bounds(server)

    def look(self):
        super().look()
        self.own = max(self.own, own_bytes(self.server))

    def is_held(self):
        return 0 < self.highest < self.bound and self.own < self.own_bound
