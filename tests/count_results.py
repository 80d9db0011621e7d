#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Adds up what the parts of the suite counted, and prints, so that the end of a long log says it
all: what was skipped and why, each part's figures, what failed, and "N passed, N failed".

    tests/count_results.py FOLDER [FAILED STAGE]...

A cmocka program counts as many tests as it says it ran; any other meson test, a fuzz target, and a
lint check of a file, as one. A skipped test counts as neither and is named, so that nothing drops out unseen. A stage
that ended badly though none of its tests failed counts as one failure."""
import collections
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


class Part:
    """What one result file holds."""

    def __init__(self, name):
        self.name = name
        self.passed = 0
        self.failures = []
        self.skipped = collections.Counter() # by name and reason


def read_meson(path):
    """A line of JSON each; tests/fuzz/run and tests/lint write the same, and a message of what they
    found."""
    part = Part(path.stem)
    for line in path.read_text().splitlines():
        test = json.loads(line)
        text = test.get("stdout", "") + test.get("stderr", "")
        inner_passed = sum(map(int, re.findall(r"\[  PASSED  \] (\d+) test", text)))
        inner_failed = re.findall(r"\[  FAILED  \] (test_\w+)", text)
        good = test["result"] in ("OK", "EXPECTEDFAIL")
        if test["result"] == "SKIP":
            part.skipped[test["name"], "by itself"] += 1
            continue
        part.passed += inner_passed or good
        part.failures += [f"{test['name']} {name}" for name in sorted(set(inner_failed))]
        if not good and not inner_failed:
            part.failures.append(": ".join(filter(None, [test["name"], test.get("message")])))
    return part


def read_pytest(path):
    part = Part(path.stem)
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        skipped = case.find("skipped")
        bad = case.find("failure") if case.find("failure") is not None else case.find("error")
        if bad is not None:
            part.failures.append(f"{case.get('name')}: {(bad.get('message') or '')[:300]}")
        elif skipped is not None:
            part.skipped[case.get("name").partition("[")[0], skipped.get("message")] += 1
        else:
            part.passed += 1
    return part


READERS = {".json": read_meson, ".xml": read_pytest}


def main(folder, failed_stages):
    paths = sorted(pathlib.Path(folder).iterdir())
    parts = [READERS[path.suffix](path) for path in paths if path.suffix in READERS]
    for part in parts:
        for (name, reason), times in part.skipped.items():
            print(f"skipped: {part.name}: {name} ({times}): {reason}")
    for part in parts:
        print(f"{part.name}: {part.passed} passed, {len(part.failures)} failed")
    failures = [f"{part.name}: {failure}" for part in parts for failure in part.failures]
    for failure in failures:
        print("failed:", failure)
    for stage in failed_stages:
        print("failed stage:", stage)
    failed = max(len(failures), len(failed_stages))
    passed = sum(part.passed for part in parts)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
