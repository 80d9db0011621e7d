# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What a server may need by its own reckoning (--print-config), and what it and its workers hold."""
import json
import threading

from faults.overload import pss_bytes
from support import processes
from support.programs import GATEWAY, run


def flat(tree, prefix=""):
    """Pairs of a configuration's keys, as "listen.port", and values."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def print_config(program, *flags):
    return dict(flat(json.loads(run(program, *flags, "--print-config").stdout)))


def bounds(server):
    """(memory_bound_bytes, what of it is for the server itself)."""
    found = print_config(server.program, "--config", server.log_path.with_suffix(".json"))
    section = "gray" if server.program == GATEWAY else "scale"
    worker = sum(found[key] for key in (f"{section}.max_memory_bytes", "limits.max_body_bytes",
                                        "limits.max_output_bytes"))
    whole = found["computed.memory_bound_bytes"]
    return whole, whole - found["computed.workers"] * worker


def own_bytes(server):
    """Without the memory that it shares with its workers."""
    return int(processes.status(server.pid).get("RssAnon", "0 kB").split()[0]) * 1024


class Watch:
    """The most that a server and its workers held together, and that the server held itself."""

    def __init__(self, server):
        self.server, self.together, self.own = server, 0, 0
        self.bound, self.own_bound = bounds(server)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.stopping.wait(0.1):
            pids = [self.server.pid, *processes.children(self.server.pid)]
            self.together = max(self.together, sum(map(pss_bytes, pids)))
            self.own = max(self.own, own_bytes(self.server))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def is_held(self):
        return 0 < self.together < self.bound and self.own < self.own_bound
