#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Measures grisaille beside others on the same images and writes docs/performance.md; ./bench
sets it up. A run that leaves something out writes into build-bench/quick instead."""
import argparse
import json
import pathlib
import sys
import time

import phases
import report
import sources
from contestants import ROOT, Grisaille, Nginx, Pillow, Sharp
from figures import ALONE, OURS, USUAL

FORMATS = ("png", "webp", "webp lossless")
JOB_SOURCES = {"phone": 4, "png alpha": 4, "heic": 2} # how many of a kind
CONNECTIONS = (1, 2, 4, 16, 64, 256)


def parse():
    parser = argparse.ArgumentParser(prog="bench")
    for name in ("--build", "--modules", "--work"):
        parser.add_argument(name, type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true",
                        help="six photographs, one round; nothing is published")
    parser.add_argument("--rounds", type=int, help="3")
    parser.add_argument("--photographs", type=int, help="so many of them; nothing is published")
    parser.add_argument("--resume", action="store_true",
                        help="go on with the run that broke off last: what it measured is kept")
    parser.add_argument("--report", action="store_true",
                        help="write the pages again from the figures of the last such run")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.seconds = 1 if options.quick else 3
    options.photographs = options.photographs or (6 if options.quick else None)
    return options


class Run:
    """The images, and those who are measured on them."""

    def __init__(self, options):
        self.options = options
        self.photographs = sources.photographs(options.photographs)
        self.few = sources.spread(self.photographs, 8)
        self.progressive = sources.spread(
            [image for image in self.photographs if image.progressive], 4)
        self.small = sources.made(options.work, "small", self.few)
        self.kinds = {"few": self.few, **{kind: sources.made(options.work, kind, self.few[:count])
                                          for kind, count in JOB_SOURCES.items()}}
        self.formats = {kind: sources.made(options.work, kind, self.few[:4]) for kind in FORMATS}
        build, usual = options.build, options.build / "tests/bench/usual_worker"
        self.ours = Grisaille(OURS, build)
        self.alone = Grisaille(ALONE, build, alone=True)
        self.usual = Grisaille(USUAL, build, usual, usual)
        self.sharp, self.pillow = Sharp(options.modules), Pillow()
        self.nginx = Nginx({image.path: image.size for image in self.photographs})
        self.pair = [self.ours, self.sharp]
        self.everybody = [self.ours, self.usual, self.sharp, self.pillow, self.nginx]

    def cpu(self):
        rounds = self.options.rounds
        return {
            "photographs": phases.cpu("photographs", self.photographs, self.pair,
                                      ("gray", "0.5", "0.25", "0.3", "0.125"), rounds),
            "few": phases.cpu("everybody", self.few, self.everybody + [self.alone],
                              ("gray", "gray q80", "0.5", "0.25", "gray+0.25"), rounds),
            "small": phases.cpu("50 KB", self.small, self.pair, ("gray", "0.5"), rounds),
            **{kind: phases.cpu(kind, images, self.pair, ("gray", "0.5", "0.25"), rounds)
               for kind, images in self.formats.items()}}

    def throughput(self):
        rounds, seconds = self.options.rounds, self.options.seconds

        def at_four(title, images, who, operations):
            return phases.throughput(title, images, who, operations, (4,), rounds, seconds)

        return {
            "few": {**at_four("everybody", self.few, self.everybody, ("gray", "0.5")),
                    **at_four("photographs", self.few, self.pair,
                              ("gray q80", "0.25", "0.3", "0.125"))},
            "progressive": at_four("progressive", self.progressive, self.pair,
                                   ("gray", "0.25", "0.125")),
            "small": at_four("50 KB", self.small, self.pair, ("gray", "0.5")),
            **{kind: at_four(kind, images, self.pair, ("gray", "0.5"))
               for kind, images in self.formats.items()}}

    def connections(self):
        rounds, seconds = self.options.rounds, self.options.seconds
        return {title: phases.throughput(title, images, [self.ours], ("gray", "0.5"), CONNECTIONS,
                                         rounds, seconds)
                for title, images in (("photographs", self.few), ("50 KB", self.small))}

    def shares(self):
        repetitions = 2 * self.options.rounds - 1
        found = {}
        for title, images in (("photographs", self.few), ("50 KB", self.small)):
            for operation, servers in (("gray", [self.ours]), ("0.5", [self.ours, self.alone])):
                found |= phases.shares(self.options.build, title, images, operation, servers,
                                       repetitions, self.options.seconds - 1 or 1)
        return found

    def quality(self):
        return phases.qualities(self.photographs, self.everybody, [self.ours, self.pillow])

    def jobs(self):
        return phases.jobs_done(self.kinds, self.ours, self.sharp, self.options.rounds)

    def images(self):
        return {image.path: image.description() for image in self.photographs}

    def instructions(self):
        baseline = [image for image in self.few if not image.progressive]
        return phases.counted(self.options.build, baseline[:1] + self.progressive[:1])

    def rest(self):
        return phases.rest(self.options.build)

    def measure(self, results, keep):
        """Adds each phase that `results` has not; keep() is called after each of them."""
        def add(*names):
            for name in names:
                if name not in results:
                    results[name] = getattr(self, name)()
                    keep()

        servers = [*self.everybody, self.alone]
        try:
            for server in servers:
                server.start()
            add("quality", "jobs", "cpu", "throughput", "connections", "shares")
        finally:
            for server in servers:
                server.stop()
        add("images", "instructions", "rest")


def main():
    options = parse()
    partial = options.photographs is not None
    folder = options.work / "quick" if partial else options.work
    folder.mkdir(exist_ok=True)
    figures, docs = folder / "results.json", folder if partial else ROOT / "docs"
    if not options.report:
        unfinished = folder / "unfinished.json"
        results = json.loads(unfinished.read_text()) if options.resume else {"seconds": 0}
        before, began = results["seconds"], time.monotonic()

        def keep():
            results["seconds"] = before + time.monotonic() - began
            unfinished.write_text(json.dumps(results, indent=1))

        Run(options).measure(results, keep)
        results["settings"] = {
            "rounds": options.rounds, "seconds": options.seconds,
            "minutes": round(results.pop("seconds") / 60), **report.machine(options.modules)}
        figures.write_text(json.dumps(results, indent=1))
        unfinished.unlink()
    report.write(json.loads(figures.read_text()), docs)
    phases.say(f"{docs / 'performance.md'} is written")


if __name__ == "__main__":
    sys.exit(main())
