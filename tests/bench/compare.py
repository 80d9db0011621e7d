#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""./bench --compare REV: this checkout and another revision, both built in release, on the same
pictures in turn: CPU through the servers, and instructions of the image functions (callgrind),
which no noise of the machine touches. Exit code 1 where something lost 10 %."""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys

import pictures as sources
from contestants import ROOT, Grisaille
from measure import exact

OPERATIONS = ("gray", "0.5", "0.25")
ROUNDS, LOSS = 5, 1.10


def build(work, revision):
    """The revision in a worktree of its own; its build folder."""
    tree = work / "compare"
    if tree.exists():
        subprocess.run(["git", "worktree", "remove", "--force", tree], check=True, cwd=ROOT)
    subprocess.run(["git", "worktree", "add", "--detach", tree, revision], check=True, cwd=ROOT,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["meson", "setup", tree / "build", tree], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", tree / "build"], check=True, stdout=subprocess.DEVNULL)
    return tree / "build"


def collected(folder, operation, picture, times):
    words = ["gray", "1"] if operation == "gray" else ["scale", operation]
    text = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         folder / "tests/tools/image_cli", *words, "0", picture, "/dev/null", str(times)],
        check=True, capture_output=True, text=True).stderr
    return int(re.search(r"Collected : (\d+)", text)[1]) / 1e6


def instructions(folder, operation, picture):
    """Millions that the image functions take for one picture in a warm worker. Start-up is as many
    again, and would hide a loss: it is taken off by counting twice."""
    return collected(folder, operation, picture, 2) - collected(folder, operation, picture, 1)


def compare(now, then, picked):
    """Rows of (what, now, then, ratio)."""
    servers = [Grisaille("now", now).start(), Grisaille("then", then).start()]
    rows = []
    try:
        for operation in OPERATIONS:
            for picture in picked:
                costs = ([], [])
                for _ in range(ROUNDS):
                    for server, taken in zip(servers, costs):
                        taken.append(exact(server, operation, picture.path)[0])
                rows.append((f"{operation} {picture.name}, CPU ms",
                             *(statistics.median(taken) for taken in costs)))
    finally:
        for server in servers:
            server.stop()
    for operation in OPERATIONS:
        picture = picked[0]
        rows.append((f"{operation} {picture.name}, million instructions",
                     instructions(now, operation, picture.path),
                     instructions(then, operation, picture.path)))
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("revision")
    options = parser.parse_args()
    now = (options.work / "release").resolve()
    then = build(options.work.resolve(), options.revision)
    lost = 0
    print(f"{'':44} {'now':>10} {options.revision[:10]:>10} {'now/then':>9}")
    for what, new, old in compare(now, then, sources.photographs(4)):
        worse = new > old * LOSS
        lost += worse
        print(f"{what:44} {new:10.2f} {old:10.2f} {new / old:9.2f}{'  LOSS' if worse else ''}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
