# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""More is asked than can be done. A picture here costs a worker 20 ms of its time but no CPU's, so
that the client does not compete with what it measures; overload.py does it with real ones."""
import pytest

from faults import orders, overload
from faults.conftest import LONG
from faults.injection import HOSTILE
from support.programs import sanitizer

REFUSED_SECONDS = 0.1
HEALTH_SECONDS = 0.05
KEPT_GOODPUT = 0.9


@pytest.mark.skipif(sanitizer() != "none", reason="times mean nothing there")
def test_overload(own, request):
    """At ten times the capacity as much is done as at once; what is refused is refused at once."""
    server = own.gateway(gray__program=str(HOSTILE), gray__workers=2, log__level="warning",
                         gray__queue_max=32)
    pictures = [orders.picture("sleep 20", number, 150_000 + number * 1000) for number in range(16)]
    capacity, levels = overload.run_all(server, "/", pictures, 20 if LONG else 2,
                                        overload.MULTIPLES if LONG else (1, 10))
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    reporter.write_line(f"\ncapacity {capacity:.0f}/s")
    for line in overload.table(levels):
        reporter.write_line(line)
    for level in levels:
        check(level, overload.memory_bound(server))
    assert levels[-1].goodput >= KEPT_GOODPUT * levels[0].goodput
    assert len(levels[-1].of(503)) > len(levels[-1].of(200))


def check(level, bound):
    """What holds at every rate. The worst twentieth is the client's own, on a busy machine."""
    assert all(answer.right for answer in level.answers if answer.status == 200)
    assert all(answer.retry_after for answer in level.answers if answer.status == 503)
    assert {answer.status for answer in level.answers} <= {200, 503}
    assert overload.quantile(level.of(503), 0.95) < REFUSED_SECONDS
    health = level.probe_seconds("healthz")
    assert len(health) > 5 and overload.quantile(health, 0.95) < HEALTH_SECONDS, health
    cheap = level.probe_seconds("type", "parameter", "pixels", "size")
    assert overload.quantile(cheap, 0.95) < REFUSED_SECONDS, cheap
    for name, status, _ in level.probed:
        assert status in overload.EXPECTED[name], (name, status)
    assert 0 < level.memory < bound
