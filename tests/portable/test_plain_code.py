# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""build-portable holds no instruction of one processor that we wrote: what passes there is what other processors
run."""
import functools
import json
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PORTABLE = ROOT / "build-portable"
NATIVE = ROOT / os.environ.get("GRISAILLE_BUILD", "build")
OF_X86 = re.compile(r"(?:^|/)[a-z0-9]*intrin\.h$")
# Vectors of 32 bytes and PDEP: what no compiler uses by itself for every x86-64.
INSTRUCTIONS = re.compile(r"%[yz]mm\d|\b(?:pdep|pext)\b")
KERNELS = re.compile(r"avx2|vnni|sse2|arch_x86_64|resolver")

pytestmark = pytest.mark.skipif(not PORTABLE.exists() or os.uname().machine != "x86_64",
                                reason="./check builds build-portable, beside the kernels of x86-64")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@functools.cache
def libraries(build):
    found = sorted(build.glob("lib/image/*.a"))
    assert len(found) >= 7, build
    return found


def intrinsics(build):
    """Headers of intrinsics that objects of lib/image included, as ninja has it from the compiler."""
    found, ours = set(), False
    for line in output("ninja", "-C", build, "-t", "deps").splitlines():
        if not line.startswith(" "):
            ours = line.startswith("lib/image/")
        elif ours and OF_X86.search(line):
            found.add(line.strip())
    return found


def kernels(build):
    """Words in the names of symbols; lines with brackets name a file of a library."""
    lines = output("nm", "-f", "posix", *libraries(build)).splitlines()
    return {word for line in lines if "[" not in line for word in KERNELS.findall(line)}


def test_option():
    """The build is what it claims to be, and its char has no sign, as on ARM."""
    options = {option["name"]: option["value"]
               for option in json.loads((PORTABLE / "meson-info/intro-buildoptions.json").read_text())}
    assert options["simd"] == "disabled"
    commands = json.loads((PORTABLE / "compile_commands.json").read_text())
    assert all("-funsigned-char" in command["command"] for command in commands)


def test_no_intrinsics():
    """No header of them is included; in the other build this test sees them."""
    assert intrinsics(PORTABLE) == set()
    assert {pathlib.Path(name).name for name in intrinsics(NATIVE)} >= {"emmintrin.h", "immintrin.h"}


def test_no_kernels():
    """No symbol of a kernel or of a function compiled twice; the other build has both."""
    assert kernels(PORTABLE) == set()
    assert kernels(NATIVE) >= {"avx2", "vnni", "sse2"}


def test_no_instructions():
    """Nor inline assembly."""
    assert INSTRUCTIONS.search(output("objdump", "-d", "--no-show-raw-insn", *libraries(PORTABLE))) is None
    assert INSTRUCTIONS.search(output("objdump", "-d", "--no-show-raw-insn", *libraries(NATIVE))) is not None
