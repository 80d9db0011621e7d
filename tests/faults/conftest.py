# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The service tests' fixtures, and the experiment that every fault goes through."""
import contextlib
import dataclasses
import time

import pytest

from faults import traffic
from faults.injection import HOSTILE
from service.conftest import fleet, nothing_wrong, own # fixtures: used by their names
from support.programs import LONG
from support.watching import Table, note_row

__all__ = ["fleet", "nothing_wrong", "own"]

LONG_FACTOR = 30 # of what a fault lasts in the short form
OUTAGE_SECONDS = 3
HEADINGS = ("fault", "injected", "answers", "wrong", "lost", "whole after", "RSS KiB", "fds",
            "threads", "children")


def pytest_configure(config):
    """The table of faults; an overload test adds lines of its own."""
    config.pluginmanager.register(Table("faults", "faults: injected, answers seen, recovery", HEADINGS))


@dataclasses.dataclass
class Run:
    """One fault while it is injected. The test counts what it did, and says what clients may see
    besides 200."""
    traffic: traffic.Traffic
    seconds: float
    injected: int = 0
    allowed: set = dataclasses.field(default_factory=set)
    may_lose: bool = False

    @property
    def outage(self):
        """How long nothing can be served: less than gray.queue_wait_ms, so that all may wait."""
        return min(self.seconds, OUTAGE_SECONDS)

    def every(self, pause, act):
        """Calls act() again and again for as long as this run lasts, `pause()` seconds apart."""
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            self.injected += act() or 0
            time.sleep(pause())

    def wait_for(self, answers):
        """Until clients have got so many more answers."""
        until = sum(self.traffic.statuses.values()) + answers
        end = time.monotonic() + 60
        while sum(self.traffic.statuses.values()) < until:
            assert time.monotonic() < end, "no answers"
            time.sleep(0.005)


class Experiment:
    """Traffic, a fault in the middle, and the judgement afterwards."""

    def __init__(self, request):
        self.request = request
        self.name = request.node.name.removeprefix("test_").replace("_", " ")

    @contextlib.contextmanager
    def run(self, server, path="/", images=None, clients=4, seconds=0.5, pause=0.0):
        images = images or traffic.honest_images(clients)
        good = traffic.ask_all(server, path, images)
        with traffic.Traffic(server, path, images, good): # warm, every client's thread was there
            time.sleep(0.2)
        vitals = traffic.Vitals(server, len(images))
        run = Run(traffic.Traffic(server, path, images, good, pause),
                  seconds * (LONG_FACTOR if LONG else 1))
        with run.traffic:
            run.wait_for(4 * len(images)) # everybody is connected
            yield run
            ended = time.monotonic()
        traffic.wait_until_recovered(server, path, images, good)
        recovered = time.monotonic() - ended
        self.judge(run, vitals, vitals.assert_back(), recovered)

    def judge(self, run, vitals, after, recovered):
        seen, before = run.traffic, vitals.before
        answers = " ".join(f"{status}:{count}" for status, count in sorted(seen.statuses.items()))
        note_row(self.request, "faults", (
            self.name, str(run.injected), answers, str(len(seen.wrong)), str(len(seen.lost)),
            f"{recovered:.2f} s", f'{before["rss"]}>{after["rss"]}',
            *(f"{before[key]}>{after[key]}" for key in ("descriptors", "threads", "children"))))
        assert seen.wrong == []
        assert set(seen.statuses) <= {200} | run.allowed, answers
        assert seen.statuses[200] > 4 * len(seen.images), answers
        assert run.may_lose or seen.lost == []
        assert run.injected > 0, "nothing was injected"
        assert recovered < traffic.RECOVERY_SECONDS


@pytest.fixture
def experiment(request):
    return Experiment(request)


@pytest.fixture
def hostile(own):
    """A gateway whose workers obey commands, behind the real sandbox."""
    return own.gateway(gray__program=str(HOSTILE), limits__deadline_ms=3000)
