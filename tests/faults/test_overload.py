# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""More is asked than can be done. An image here costs a worker 20 ms of its time but no CPU's, so
that the client does not compete with what it measures; overload.py does it with real ones.

How long something takes is compared with what waiting in the full queue takes in the same run, which
grows as everything does where the machine is busy. That may spoil a comparison by chance, and
hardly three of them."""
import pytest

from faults import hostile_worker, overload
from faults.injection import HOSTILE
from support.programs import LONG, sanitizer

ATTEMPTS = 3
KEPT_GOODPUT = 0.6 # all of it, in peace; a server that collapses keeps next to nothing


@pytest.mark.alone
@pytest.mark.skipif(sanitizer() != "none", reason="times mean nothing there")
def test_overload(own, request):
    """At ten times the capacity as much is done as at once; what is refused is refused at once."""
    server = own.gateway(gray__program=str(HOSTILE), gray__workers=2, log__level="warning",
                         gray__queue_max=32)
    images = [hostile_worker.image("sleep 20", number, 150_000 + number * 1000)
                for number in range(16)]
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    measured = []
    for _ in range(ATTEMPTS):
        capacity, levels = overload.run_all(server, "/", images, 20 if LONG else 2,
                                            overload.MULTIPLES if LONG else (1, 10))
        reporter.write_line(f"\ncapacity {capacity:.0f}/s")
        for line in overload.table(levels):
            reporter.write_line(line)
        for level in levels:
            check_answers(level, overload.memory_bound(server))
        assert len(levels[-1].of(503)) > len(levels[-1].of(200))
        slow = find_slow(levels)
        if not slow:
            return
        if max(level.late for level in levels) < waiting(levels) / 2:
            measured = slow
    if measured:
        pytest.fail(str(measured))
    pytest.skip(f"the client itself was late, every time: {slow}")


def check_answers(level, bound):
    """What holds at every rate, at any pace."""
    assert all(answer.right for answer in level.answers if answer.status == 200)
    assert all(answer.retry_after for answer in level.answers if answer.status == 503)
    assert {answer.status for answer in level.answers} <= {200, 503}
    assert len(level.probe_seconds("healthz")) > 5
    for name, status, _ in level.probed:
        assert status in overload.EXPECTED[name], (name, status)
    assert 0 < level.memory < bound


def waiting(levels):
    """What waiting for a worker takes, in seconds, while the queue is full."""
    return overload.quantile(levels[-1].of(200), 0.5)


def find_slow(levels):
    """What took too long, or was done too seldom. Who gets 503, or asks for something small, does
    not wait for a worker: half of them take less than a tenth of that, hardly any as long."""
    limit, slow = waiting(levels), []
    for level in levels:
        for name, seconds in (("503", level.of(503)), ("healthz", level.probe_seconds("healthz")),
                              ("cheap", level.probe_seconds("type", "parameter", "pixels", "size"))):
            half, most = (overload.quantile(seconds, share) for share in (0.5, 0.95))
            if half > limit / 10 or most > limit:
                slow.append(f"{name} at {level.rate:.0f}/s: {half:.3f} s, {most:.3f} s; "
                            f"waiting: {limit:.3f} s")
    if levels[-1].goodput < KEPT_GOODPUT * levels[0].goodput:
        slow.append(f"{levels[-1].goodput:.0f}/s of {levels[0].goodput:.0f}/s is left")
    return slow
