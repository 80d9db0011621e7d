# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The architecture as a test: who may include whom, who may know which library, and the two
licence lines in each source file."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted(path for folder in ("lib", "services") for path in (ROOT / folder).rglob("*.[ch]"))

# A folder of lib/ and what it may include of the others.
MAY_INCLUDE = {
    "base": {"base"},
    "config": {"base", "config"},
    "http": {"base", "http"},
    "ipc": {"base", "ipc"},
    "image": {"base", "image"},
    "service": {"base", "config", "http", "ipc", "image", "service"},
}
# The wings of lib/image and what each may include of the others; image.c decides among all of them.
COMMON = {"core", "probe", "colour", "pixels", "plan"}
WINGS = {
    "core": set(),
    "probe": {"core"},
    "colour": {"core"},
    "pixels": {"core"},
    "plan": {"core", "probe"},
    "jpeg": COMMON, "png": COMMON, "webp": COMMON, "gif": COMMON,
    "tiff": COMMON | {"jpeg"}, # the markers of the JPEGs in one
    "vips": COMMON | {"jpeg", "png", "webp", "tiff"},
}
# What only one folder may know, of the libraries that are not ours.
ONLY = {
    r"vips/|turbojpeg\.h|jpeglib\.h|webp/|libdeflate\.h|zlib\.h|lcms2\.h|glib": {"lib/image"},
    r"microhttpd\.h|curl/": {"lib/http"},
    r"cJSON\.h": {"lib/config"},
    r"seccomp\.h$": {"lib/ipc"},
    r"mqueue\.h": {"lib/ipc"},
    r"systemd/": {"lib/service"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def folder_of(path):
    parts = path.relative_to(ROOT).parts
    return "/".join(parts[:2])


def includes(path):
    return INCLUDE.findall(path.read_text())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_go_one_way(path):
    """A library includes base and itself; services include libraries and themselves alone."""
    folder = folder_of(path)
    for quote, name in includes(path):
        if quote == "<":
            continue
        first, *rest = name.split("/")
        if first == "build_config.h":
            continue
        if folder.startswith("services/"):
            assert first in MAY_INCLUDE or f"services/{rest[0]}" == folder, name
        else:
            assert first in MAY_INCLUDE[folder.removeprefix("lib/")], name


@pytest.mark.parametrize("path", [path for path in SOURCES if folder_of(path) == "lib/image"],
                         ids=lambda path: str(path.relative_to(ROOT)))
def test_wings(path):
    """Formats know what is common to all, libvips knows formats, and nobody knows image.h."""
    wing, *inside = path.relative_to(ROOT / "lib/image").parts
    for quote, name in includes(path):
        if quote == '"' and name.startswith("image/") and inside:
            other = name.split("/")[1]
            assert other == wing or other in WINGS[wing], name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_library_has_one_home(path):
    """Only lib/image knows codecs, only lib/http HTTP libraries, only lib/config cJSON ..."""
    for _, name in includes(path):
        for pattern, homes in ONLY.items():
            if re.search(rf"^(?:{pattern})", name) and not name.startswith("linux/"):
                assert folder_of(path) in homes, name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_own_header_first_and_licence(path):
    """Two SPDX lines begin a file, and a .c file's first include is its own header."""
    lines = path.read_text().splitlines()
    assert "SPDX-License-Identifier: MIT" in lines[0] and "SPDX-FileCopyrightText" in lines[1]
    own = path.with_suffix(".h")
    if path.suffix == ".c" and own.exists():
        first = includes(path)[0][1]
        assert first == str(own.relative_to(ROOT / "lib" if folder_of(path).startswith("lib/")
                                            else ROOT)), first


def test_no_include_cycle():
    """Headers include headers, but never in a ring."""
    graph = {}
    for path in SOURCES:
        if path.suffix == ".h":
            key = str(path.relative_to(ROOT)).removeprefix("lib/")
            graph[key] = [name for quote, name in includes(path) if quote == '"']

    def walk(name, trail):
        assert name not in trail, " -> ".join([*trail, name])
        for following in graph.get(name, []):
            walk(following, [*trail, name])

    for name in graph:
        walk(name, [])


def test_every_image_test_is_run():
    """Each file of tests/image is in its meson.build."""
    named = (ROOT / "tests/image/meson.build").read_text()
    for path in (ROOT / "tests/image").glob("test_*.py"):
        assert f"'{path.stem.removeprefix('test_')}'" in named, path
