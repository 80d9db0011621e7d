# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Modules: none includes itself through others, none is too long to read, and a name means one
thing in the whole tree."""
import collections
import pathlib
import re

from structure import sources

LINES = 600
TAG = re.compile(r"^(?:typedef )?(?:static )?(?:const )?(?:struct|enum|union) (\w+)\s*\{", re.M)
STATIC_FUNCTION = re.compile(r"^(?:\w+ )*?static [\w\s]*?[\s*](\w+)\([^;{}]*\)\s*\{", re.M)

# Static functions that may bear one name in several files, because it means the same in each.
SAME_EVERYWHERE = {
    # what the file is there for, with the file's name saying of what
    "begin", "finish", "run", "serve", "handle", "process", "prepare", "check", "measure", "choose",
    "decode", "draw", "generate", "load", "pack", "describe", "explain", "refuse", "allocate",
    "build", "release", "reserve", "reduce", "gray", "peek",
    # to and from the one collection, stream or bit string of the file
    "add", "append", "put", "get", "take", "remember", "forget", "learn",
    # a step that each format has
    "add_profile", "keep_profile", "encode_as_it_is", "make_gray", "copy_blocks", "read_palette",
    # a step that each program has
    "set_limits",
    # a step of the JPEG's inverse DCT, one for each of its sizes
    "by_points", "fill", "transform",
    # a route that both servers have
    "report_health", "report_readiness", "scale", "image", "info",
}
INSTRUCTION_SET = re.compile(r"_(?:plain|vectors|x86|sse\w*|avx\w*|neon)(?=\.[ch]$)")
CLEANUP = "cleanup_" # a cleanup attribute's function is named for its type


def test_no_cycle_of_modules():
    """If A includes B, B reaches A by no way."""
    found = sources.describe_cycles(sources.graph(sources.module))
    assert not found, f"\n{found}"


def test_no_cycle_of_folders():
    """The same of folders: of libraries, of the wings of lib/image, of services."""
    found = sources.describe_cycles(sources.graph(lambda name: str(pathlib.Path(name).parent)))
    assert not found, f"\n{found}"


def test_cycles_are_found():
    """Of two modules, and of three within a longer chain."""
    nodes = {"a": {"b": ""}, "b": {"c": ""}, "c": {"d": "", "b": ""}, "d": {}, "e": {"f": ""},
             "f": {"g": ""}, "g": {"e": ""}}
    assert sources.cycles(nodes) == [["b", "c"], ["e", "f", "g"]]


def test_file_length():
    """A file can be read at one go."""
    long = {name: sources.text(name).count("\n") for name in sources.c_files()
            if sources.text(name).count("\n") > LINES}
    assert not long


def repeated(pattern, names):
    """{what the pattern finds in more than one file: the files}"""
    found = collections.defaultdict(set)
    for name in names:
        for match in pattern.findall(sources.text(name)):
            found[match].add(name)
    return {match: sorted(files) for match, files in found.items() if len(files) > 1}


def listed(found):
    return "\n".join(f"{name}: {', '.join(files)}" for name, files in sorted(found.items()))


def test_types_have_names_of_their_own():
    """No two structs, enums or unions of one name. Two test programs may share one with each other,
    not with what they test."""
    found = {tag: files for tag, files in repeated(TAG, sources.c_files()).items()
             if any(not name.startswith("tests/") for name in files)}
    assert not found, f"\n{listed(found)}"


def test_static_functions_have_names_of_their_own():
    """Two static functions of one name do the same thing to different things. Files that hold the same
    kernels for different instruction sets are as one."""
    found = {name: files for name, files in
             repeated(STATIC_FUNCTION, sources.c_files("lib", "services")).items()
             if name not in SAME_EVERYWHERE and not name.startswith(CLEANUP)
             and len({INSTRUCTION_SET.sub("", file) for file in files}) > 1}
    assert not found, f"\n{listed(found)}"
