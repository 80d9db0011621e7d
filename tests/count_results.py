#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Adds up what the parts of the suite counted: prints "N passed, N failed" and fails if any did.

A cmocka program counts as many tests as it says it ran; any other meson test counts as one. A
skipped test counts as neither and is named, so that nothing drops out unseen."""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def count_meson(path):
    passed = failed = 0
    for line in path.read_text().splitlines():
        test = json.loads(line)
        text = test.get("stdout", "") + test.get("stderr", "")
        inner_passed = sum(map(int, re.findall(r"\[  PASSED  \] (\d+) test", text)))
        inner_failed = sum(map(int, re.findall(r"\[  FAILED  \] [^\n]*?(\d+) test", text)))
        good = test["result"] in ("OK", "EXPECTEDFAIL")
        if test["result"] == "SKIP":
            print("skipped:", test["name"])
        elif inner_passed + inner_failed > 0:
            passed += inner_passed
            failed += inner_failed or (0 if good else 1)
        else:
            passed += good
            failed += not good
    return passed, failed


def count_pytest(path):
    suite = ElementTree.parse(path).getroot().find("testsuite")
    total, failed, errors, skipped = (
        int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped"))
    for case in suite.iter("testcase"):
        if case.find("skipped") is not None:
            print("skipped:", path.stem, case.get("name"), case.find("skipped").get("message"))
    return total - failed - errors - skipped, failed + errors


def main(folder):
    passed = failed = 0
    for path in sorted(pathlib.Path(folder).iterdir()):
        counted = count_meson(path) if path.suffix == ".json" else count_pytest(path)
        print(f"{path.stem}: {counted[0]} passed, {counted[1]} failed")
        passed += counted[0]
        failed += counted[1]
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
