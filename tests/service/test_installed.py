# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What is installed beside the programs and made from their tables: manual pages, and completion in bash."""
import json
import re
import subprocess

import pytest

from support.programs import BUILD, GATEWAY, ROOT, SCALE, run

PROGRAMS = pytest.mark.parametrize("program", [GATEWAY, SCALE], ids=lambda path: path.name)
# A page has a version and no date: with one, two builds of a commit would differ.
NO_DATE = 'WARNING: missing date, using "": TH'


def pages(program):
    return [BUILD / "tools" / f"{program.name}{ending}" for ending in (".1", ".json.5")]


def shown(page):
    """The page as `man` shows it, its lines joined."""
    done = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=200", page], capture_output=True, text=True,
                          check=True)
    return re.sub(r"\s+", " ", re.sub(".\b", "", done.stdout))


def flags_of(program):
    """{--flag: -f or ""} by --help."""
    found = re.findall(r"^  (?:(-\w), |    )(--[\w-]+)", run(program, "--help").stdout, re.M)
    return {long: short for short, long in found}


def keys_of(program):
    """Every key of the configuration, by --print-config."""
    def walk(tree, prefix=""):
        for name, value in tree.items():
            if isinstance(value, dict):
                yield from walk(value, f"{prefix}{name}.")
            else:
                yield prefix + name
    tree = json.loads(run(program, "--print-config").stdout)
    del tree["computed"]
    return set(walk(tree))


@PROGRAMS
def test_manual_pages_are_valid(program):
    """mandoc has no warning about them."""
    for page in pages(program):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True,
                              check=False)
        wrong = [line for line in done.stdout.splitlines() if NO_DATE not in line]
        assert wrong == [] and done.stderr == ""


@PROGRAMS
def test_manual_pages_say_everything(program):
    """Section 1 has each flag, section 5 each key, with range and default; nothing is left of roff or Markdown."""
    commands, file = map(shown, pages(program))
    for long, short in flags_of(program).items():
        assert f"{short}, {long}" in commands if short else f" {long} " in commands, long
    for key in keys_of(program):
        assert f" {key} (" in file, key
    assert "listen.port (integer) TCP port" in file and "Range: 0 to 65535." in file
    for text in (commands, file):
        assert "\\" not in text and "`" not in text
    assert f"{GATEWAY.name}(1)" in commands and f"{SCALE.name}(1)" in commands


def complete(program, line):
    """What bash offers at the end of the line."""
    done = subprocess.run([ROOT / "tests/support/complete", program.name, BUILD / "tools" / program.name, line],
                          capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr == ""
    return set(done.stdout.split())


@PROGRAMS
def test_completion_of_flags(program):
    """Every flag, and those that begin with what was typed."""
    assert complete(program, f"{program.name} ") == set(flags_of(program))
    assert complete(program, f"{program.name} --c") == {"--config", "--check-config"}
    assert complete(program, f"{program.name} --port 80 --ver") == {"--version"}


@PROGRAMS
def test_completion_of_arguments(program):
    """Files, and addresses; a number is left to who types it."""
    for line in ("--config docs/conf", "--config=docs/conf", "-c docs/conf", "--tokens-file docs/conf"):
        assert complete(program, f"{program.name} {line}") == {"docs/configuration.md"}, line
    assert complete(program, f"{program.name} --port ") == set()
    assert complete(program, f"{program.name} -i 127") == {"127.0.0.1"}
    assert complete(program, f"{program.name} -i unix:docs/conf") == {"docs/configuration.md"}
    # bash takes what ends in a colon for a word of its own.
    assert complete(program, f"{program.name} --ip ::") == {"1"}
