#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Runs every test whose name contains NAME, of whatever kind: ./check -k NAME.

    tests/run_named.py BUILD NAME

Names are paths below tests/: unit/test_pool.c::test_name, fuzz/replay_gif,
image/test_gif.py::test_name[parameters]; and the same with .py for structure, bench, service, faults,
attacks, browser and portable. Upper and lower case are the same. Exit code: 0 all passed, 1 a test failed, 2 there is
no such test."""
import json
import os
import pathlib
import re
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent
FOLDERS = ("structure", "bench", "service", "faults", "attacks", "image", "browser", "portable")
NOTHING_COLLECTED = 5 # pytest's exit code


def programs(build):
    """(name in meson, names here) of each unit test and replay. Image tests are pytest's."""
    tests = json.loads(subprocess.run(["meson", "introspect", "--tests", build], check=True,
                                      capture_output=True, text=True).stdout)
    for test in tests:
        source = TESTS / f"unit/test_{test['name']}.c"
        if source.exists():
            functions = re.findall(r"^static void (test_\w+)\(", source.read_text(), re.MULTILINE)
            yield test["name"], [f"unit/{source.name}::{function}" for function in functions]
        elif test["name"].startswith("replay_"):
            yield test["name"], [f"fuzz/{test['name']}"]


def run_programs(build, name):
    """One run for each program; of a unit test only the functions that match. How each ended."""
    for program, names in programs(build):
        matching = [one for one in names if name in one.lower()]
        # cmocka takes one pattern: a single function, or the whole program.
        function = matching[0].partition("::")[2] if len(matching) == 1 < len(names) else ""
        if matching:
            ran = f"tests/{matching[0] if function else matching[0].partition('::')[0]}"
            code = subprocess.run(["meson", "test", "-C", build, "--print-errorlogs", program],
                                  env={**os.environ, "UNIT_TEST_FILTER": function}).returncode
            yield ran, code


def places(name):
    """Where pytest's tests of that name may be: a file that it names in full, or all folders."""
    file, names_file, _ = name.partition("::")
    if not names_file or not file.endswith((".py", ".c")):
        return [TESTS / folder for folder in FOLDERS]
    return [path for folder in FOLDERS for path in (TESTS / folder).glob("test_*.py")
            if str(path).lower().endswith(file)]


def run_pytest(build, name):
    """The tests of all folders in one run. How it ended; nothing where none matches."""
    if not places(name):
        return
    environment = {**os.environ, "GRISAILLE_BUILD": build,
                   "IMAGE_CLI": str(pathlib.Path(build).resolve() / "tests/tools/image_cli")}
    command = [sys.executable, "-m", "pytest", "-c", TESTS / "pytest.ini", "-v", "--named", name,
               *places(name)]
    code = subprocess.run(command, env=environment).returncode
    if code != NOTHING_COLLECTED:
        yield "pytest", code


def main(build, name):
    ended = [*run_programs(build, name.lower()), *run_pytest(build, name.lower())]
    if not ended:
        print(f"no test has {name!r} in its name", file=sys.stderr)
        return 2
    print()
    for ran, code in ended:
        print(f"{ran}: {'passed' if code == 0 else 'FAILED'}")
    return 1 if any(code for _, code in ended) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
