# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The table of attacks, how one is run beside an honest client, and the row that reports it."""
import contextlib
import dataclasses
import itertools
import time
import typing

from attacks import by_clients, by_workers
from attacks.honest_client import Honest
from attacks.memory import Watch, defaults
from faults import hostile_worker
from faults.injection import HOSTILE
from samples import bombs, files
from support.clients import Client
from support.programs import GATEWAY, SCALE, Server

GREEDY, HONEST = "127.0.0.2", "127.0.0.3"
MIB = 1 << 20
# A share of a client is one request of the largest size and half another; a body that is not read
# soon, or an answer that is not taken, fills it.
TIGHT = {"limits.max_body_bytes": 8 * MIB, "limits.max_output_bytes": 8 * MIB,
         "limits.max_inflight_bytes": 96 * MIB, "listen.max_connections": 256}
# A job of the attack may take seconds on a slow machine, and an honest one waits for those that had begun.
PATIENT = {"limits.deadline_ms": 30000, "gray.queue_wait_ms": 30000, "scale.queue_wait_ms": 30000}
PATHS = {"gateway": "/gray", "scale": "/scale?scale=1", "through": "/scale?scale=1"}
HEADINGS = ("attack", "on", "its requests", "honest", "right", "p50 ms", "p99 ms", "server MiB",
            "of", "with workers", "of")


@dataclasses.dataclass
class Row:
    """One attack: at which servers, in the short form and in the long one; and `example`, one
    request of it, for what a job of it takes alone."""
    name: str
    attack: typing.Callable
    short: tuple = ("gateway", "through")
    settings: dict = dataclasses.field(default_factory=dict)
    hostile: bool = False # the workers obey commands
    example: typing.Callable = None

    def kinds(self, long):
        return self.short if self.hostile or not long else tuple(PATHS)


ROWS = [
    Row("answers that nobody takes", by_clients.untaken, settings=TIGHT,
        example=lambda: by_clients.LARGE),
    Row("the same of repeated strips", by_clients.untaken_of_little, settings=TIGHT),
    Row("bodies without their end", by_clients.endless_bodies, settings=TIGHT),
    Row("dripping bodies", by_clients.dripping_bodies, settings=TIGHT),
    Row("200 greedy connections", by_clients.greedy, example=bombs.heavy_image),
    Row("dear WebPs of 38 bytes", by_clients.dear_webps, settings=PATIENT, example=by_clients.dear_webp),
    Row("1,300 connections", by_clients.connections, short=("through",)),
    Row("aborted uploads", by_clients.aborted_uploads, settings=TIGHT,
        example=lambda: by_clients.LARGE),
    Row("log lines that a worker writes", by_workers.flood, ("gateway",), hostile=True),
    Row("threads that compute", by_workers.spinning_threads, ("gateway",), hostile=True),
    Row("threads that rest", by_workers.resting_threads, ("gateway",), hostile=True),
    Row("a worker answers and hangs", by_workers.hanging, ("gateway",), hostile=True),
    Row("a worker answers no images", by_workers.wrong_format, ("gateway",), hostile=True),
]


class Target:
    """What is attacked: the server, and those behind it; by whom, and beside whom."""

    def __init__(self, kind, servers, greedy=(GREEDY,), honest=HONEST, hostile=False):
        self.kind, self.servers, self.hostile = kind, servers, hostile
        self.server, self.path = servers[0], "/" if hostile else PATHS[kind]
        self.image = (hostile_worker.image("echo", "honest", 3000) if hostile
                        else files.jpeg(96, 64))
        self.greedy, self.honest, self.requests = itertools.cycle(greedy), honest, 0


def known(program, settings):
    """Those that this program knows: the table also runs with servers of the past."""
    keys = defaults(program)
    return {key: value for key, value in settings.items() if key in keys}


def start(fleet, program, settings, stderr=None):
    server = Server(program, fleet.folder, known(program, settings))
    server.stderr = stderr
    fleet.servers.append(server)
    return server.start()


def start_target(fleet, kind, settings, hostile=False, stderr=None, **who):
    """Two workers a server. The scale server that clients ask themselves trusts no proxy."""
    servers = []
    if kind != "gateway":
        alone = {"trusted_proxies": []} if kind == "scale" else {}
        servers.append(start(fleet, SCALE, settings | alone, stderr))
    if kind != "scale":
        upstream = servers[0].url() if servers else "http://127.0.0.1:1"
        program = {"gray.program": str(HOSTILE), "limits.deadline_ms": 3000} if hostile else {}
        servers.insert(0, start(fleet, GATEWAY, settings | program | {"scale.upstream": upstream},
                                stderr))
    return Target(kind, servers, hostile=hostile, **who)


@dataclasses.dataclass
class Result:
    target: Target
    calm: object
    beside: object
    alone: float # seconds
    memory: list # a Watch for each server
    large: int = 200 # the status of another client's largest image, beside the attack

    @property
    def limit(self):
        """Of p99: an order of magnitude more than without the attack, and what one has to wait for
        jobs that had begun."""
        return 10 * self.calm.quantile(0.99) + 3 * self.alone + 0.5

    def is_quick(self):
        return self.beside.quantile(0.99) <= self.limit

    def row(self, name):
        def both(share):
            return " > ".join(f"{one.quantile(share) * 1000:.1f}" for one in (self.calm, self.beside))
        memory = (" + ".join(f"{getattr(watch, name) / MIB:.0f}" for watch in self.memory)
                  for name in ("own", "own_bound", "highest", "bound"))
        return (name, self.target.kind, str(self.target.requests), str(len(self.beside.seconds)),
                f"{self.beside.success:.1f} %", both(0.5), both(0.99),
                *memory)


def post(target, body):
    """One request of the honest client."""
    with Client(target.server, source=target.honest) as client:
        return client.post(target.path, body)


def time_alone(target, body):
    """Seconds."""
    began = time.monotonic()
    post(target, body)
    return time.monotonic() - began


def attacked(target, attack, seconds, example=None):
    """The honest client before and beside an attack; a Result."""
    alone = time_alone(target, example()) if example else 0.0
    with contextlib.ExitStack() as stack:
        honest = stack.enter_context(Honest(target.server, target.honest, target.path,
                                            target.image))
        watches = [stack.enter_context(Watch(server)) for server in target.servers]
        time.sleep(seconds / 2)
        begun = time.monotonic()
        with attack(target):
            time.sleep(seconds)
            until = time.monotonic()
            large = 200 if target.hostile else post(target, by_clients.LARGE).status
    calm, beside = honest.split(begun, until)
    return Result(target, calm, beside, alone, watches, large)
