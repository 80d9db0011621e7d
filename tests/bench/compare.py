#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""./bench --compare REV: this checkout and another revision, both built in release, on the same
images in turn. CPU through the servers, as ratios with their intervals of 95 %; rounds go on
until each ratio says whether a tenth was lost. Then instructions of the image functions, which no
noise touches. Exit code 0: nothing lost; 1: something lost a tenth; 2: no such revision or no
build of it; 3: too noisy to say."""
import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys

import instructions
import sources
from contestants import ROOT, Grisaille
from figures import LINE, geometric_mean, loss, ratio_of
from measure import exact

PROGRAMS = ("services/gateway/grisaille-gateway", "services/gray/grisaille-gray",
            "services/scale/grisaille-scale", "services/scale/grisaille-scale-worker",
            "tests/tools/image_cli")
LEAST_ROUNDS, MOST_ROUNDS = 5, 20
SECONDS = 0.25 # of each server for each image in a round
VERDICTS = {True: "LOST", False: "", None: "unsure"}


def run(*command, **options):
    subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                   **options)


def build(work, revision):
    """The programs of the revision; their build folder."""
    tree = work / "compare"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir()
    run("git", "archive", "--format=tar", "-o", work / "compare.tar", f"{revision}^{{commit}}",
        cwd=ROOT)
    run("tar", "-xf", work / "compare.tar", "-C", tree)
    run("meson", "setup", tree / "build", tree)
    run("ninja", "-C", tree / "build", *PROGRAMS)
    return tree / "build"


class Row:
    """One operation on images of one kind, measured on both servers."""

    def __init__(self, kind, operation, images):
        self.what, self.operation, self.images = f"{kind}, {operation}", operation, images
        self.costs, self.ratios = ([], []), []

    def measure(self, servers):
        """A round; the servers take turns at being first."""
        order = (0, 1) if len(self.ratios) % 2 == 0 else (1, 0)
        costs = ([], [])
        for image in self.images:
            for which in order:
                cost, _ = exact(servers[which], self.operation, [image.path], SECONDS)
                costs[which].append(cost)
        self.ratios.append(geometric_mean(new / old for new, old in zip(*costs)))
        for mine, cost in zip(self.costs, costs):
            mine.append(statistics.fmean(cost))

    def wants_more(self):
        return len(self.ratios) < LEAST_ROUNDS or (
            len(self.ratios) < MOST_ROUNDS and loss(ratio_of(self.ratios)) is None)

    def verdict(self):
        """Prints itself; whether it lost a tenth."""
        ratio = ratio_of(self.ratios)
        lost = loss(ratio)
        now, then = map(statistics.median, self.costs)
        print(f"{self.what + ', CPU ms':32} {now:10.2f} {then:10.2f} {ratio.value:9.3f} "
              f"[{ratio.low:.3f}, {ratio.high:.3f}] {len(self.ratios):3} {VERDICTS[lost]}",
              flush=True)
        return lost


def rows_of(work, quick):
    every = sources.photographs()
    kinds = {"baseline": [image for image in every if not image.progressive],
             "progressive": [image for image in every if image.progressive]}
    kinds = {kind: sources.spread(found, 2) for kind, found in kinds.items()}
    few = sources.spread(every, 2)
    rows = [Row(kind, operation, found) for kind, found in kinds.items()
            for operation in ("gray", "0.5", "gray+0.5", *(() if quick else ("0.25",)))]
    for kind in ("small",) if quick else ("small", "png", "webp"):
        made = sources.made(work, kind, few)
        rows += [Row(kind, operation, made) for operation in ("gray", "0.5")]
    return rows


def compare_cpu(now, then, rows):
    """The verdicts of all rows."""
    servers = [Grisaille("now", now), Grisaille("then", then)]
    try:
        for server in servers:
            server.start()
        while waiting := [row for row in rows if row.wants_more()]:
            for row in waiting:
                row.measure(servers)
    finally:
        for server in servers:
            server.stop()
    return [row.verdict() for row in rows]


def compare_instructions(now, then, rows):
    """The verdicts of the photographs' rows; the first image of each."""
    verdicts = []
    for row in rows:
        new, old = (sum(instructions.count(folder, row.operation, row.images[0].path).values())
                    for folder in (now, then))
        verdicts.append(new > old * LINE)
        print(f"{row.what + ', million instr.':32} {new / 1e6:10.2f} {old / 1e6:10.2f} "
              f"{new / old:9.3f} {'':18} {VERDICTS[verdicts[-1]]}", flush=True)
    return verdicts


def main():
    parser = argparse.ArgumentParser(prog="bench --compare")
    parser.add_argument("--work", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="JPEGs, fewer operations")
    parser.add_argument("revision", nargs="?", default="HEAD")
    options = parser.parse_args()
    work = options.work.resolve()
    try:
        then = build(work, options.revision)
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd[:2]))
        print(f"bench: {command}: {error.stdout.strip()}", file=sys.stderr)
        return 2
    rows = rows_of(work, options.quick)
    print(f"{'':32} {'now':>10} {options.revision[:10]:>10} {'now/then':>9} {'95 %':16} rounds")
    verdicts = compare_cpu(work / "release", then, rows)
    verdicts += compare_instructions(work / "release", then,
                                     [row for row in rows if row.what.startswith(("base", "prog"))
                                      and "+" not in row.operation])
    if True in verdicts:
        return 1
    return 3 if None in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
