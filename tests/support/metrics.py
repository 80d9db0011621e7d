# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The servers' metrics: where a test has them listen, what they say, and what the documented table allows."""
import itertools
import os
import re
import urllib.request

from support.programs import ROOT

PROMTOOL = "/usr/bin/promtool"
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')

_ports = itertools.count(20000)


def place():
    """Settings that give a server a listener for metrics which no other one on this machine has: a loopback
    address made of this process's id."""
    pid = os.getpid()
    return {"metrics__ip": f"127.{64 + (pid >> 16) % 128}.{pid >> 8 & 255}.{pid & 255}",
            "metrics__port": next(_ports)}


def url(server, path="/metrics"):
    return f"http://{server.settings['metrics.ip']}:{server.settings['metrics.port']}{path}"


def fetch(server, accept=None):
    """The text of a scrape."""
    request = urllib.request.Request(url(server), headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=30) as reply:
        return reply.read().decode()


def parse(text):
    """{(name, ((label, value), ...)): number}; every line must be a sample or metadata."""
    samples = {}
    for line in text.splitlines():
        if line.startswith("# "):
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, inside, value = match.groups()
        labels = tuple(LABEL.findall(inside or ""))
        assert ",".join(f'{key}="{value}"' for key, value in labels) == (inside or ""), line
        assert (name, labels) not in samples, line
        samples[name, labels] = float(value)
    return samples


class Scrape:
    """What a server counted up to one moment."""

    def __init__(self, server):
        self.samples = parse(fetch(server))

    def get(self, name, **labels):
        """The sum of the samples with these labels, whatever others they have."""
        return sum(value for (found, have), value in self.samples.items()
                   if found == name and labels.items() <= dict(have).items())

    def series(self, name):
        return [dict(labels) for found, labels in self.samples if found == name]

    def moved(self, before):
        """{sample: by how much} of counters that are not of the process."""
        return {key: value - before.samples.get(key, 0) for key, value in self.samples.items()
                if value != before.samples.get(key, 0) and not key[0].startswith("process_")
                and key[0].endswith(("_total", "_count"))}


def documented():
    """{name: (type, {label: its values, or None where they are not listed})} of docs/operations.md, which a
    unit test holds to be the table in the code."""
    text = (ROOT / "docs/operations.md").read_text()
    table = text[text.index("<!-- metrics:"):text.index("<!-- end of metrics")]
    found = {}
    for line in table.splitlines()[3:]:
        name, kind, labels, _ = (cell.strip() for cell in line.strip("| ").split(" | "))
        found[name.strip("`")] = (kind, {
            label: set(re.findall(r"`([^`]+)`", rest)) if rest.startswith("`") else None
            for label, rest in re.findall(r"`(\w+)`: ([^;]*)", labels)})
    return found
