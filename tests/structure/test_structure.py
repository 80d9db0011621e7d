# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The architecture as a test: who may include whom, who may know which library, and the two
licence lines in each source file."""
import re

import pytest

from structure.sources import ROOT, c_files, includes, text

SOURCES = c_files("lib", "services")

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
    "heif": COMMON,
    "metadata": COMMON | {"webp"},
    "tiff": COMMON | {"jpeg"}, # the markers of the JPEGs in one
    "planes": COMMON | {"jpeg", "webp", "heif"}, # one's planes into another
    "vips": COMMON | {"jpeg", "png", "webp", "gif", "tiff", "heif"},
}
# What only one folder may know, of the libraries that are not ours.
ONLY = {
    r"vips/|jpeglib\.h|webp/|libdeflate\.h|zlib\.h|lcms2\.h|glib|dav1d/|libde265/|aom/": {"lib/image"},
    r"microhttpd\.h|curl/": {"lib/http"},
    r"cJSON\.h": {"lib/config"},
    r"seccomp\.h$": {"lib/ipc"},
    r"mqueue\.h": {"lib/ipc"},
    r"systemd/": {"lib/service"},
}


def folder_of(name):
    return "/".join(name.split("/")[:2])


@pytest.mark.parametrize("path", SOURCES)
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


@pytest.mark.parametrize("path", c_files("lib/image"))
def test_wings(path):
    """Formats know what is common to all, libvips knows formats, and nobody knows image.h."""
    wing, *inside = path.removeprefix("lib/image/").split("/")
    for quote, name in includes(path):
        if quote == '"' and name.startswith("image/") and inside:
            other = name.split("/")[1]
            assert other == wing or other in WINGS[wing], name


@pytest.mark.parametrize("path", SOURCES)
def test_each_library_has_one_home(path):
    """Only lib/image knows codecs, only lib/http HTTP libraries, only lib/config cJSON ..."""
    for _, name in includes(path):
        for pattern, homes in ONLY.items():
            if re.search(rf"^(?:{pattern})", name) and not name.startswith("linux/"):
                assert folder_of(path) in homes, name


@pytest.mark.parametrize("path", SOURCES)
def test_own_header_first_and_licence(path):
    """Two SPDX lines begin a file, and a .c file's first include is its own header."""
    lines = text(path).splitlines()
    assert "SPDX-License-Identifier: MIT" in lines[0] and "SPDX-FileCopyrightText" in lines[1]
    own = re.sub(r"c$", "h", path)
    if own != path and (ROOT / own).exists():
        assert includes(path)[0][1] == own.removeprefix("lib/")


def test_every_image_test_is_run():
    """Each file of tests/image is in its meson.build."""
    named = (ROOT / "tests/image/meson.build").read_text()
    for path in (ROOT / "tests/image").glob("test_*.py"):
        assert f"'{path.stem.removeprefix('test_')}'" in named, path


ARCHITECTURE = re.compile(r"\b(?:__x86_64__|__amd64__|__i386__|__SSE\w*__|__AVX\w*__|__aarch64__|__ARM_\w+|__arm__)\b")


@pytest.mark.parametrize("path", c_files("lib", "services", "tests"))
def test_one_file_knows_the_architecture(path):
    """core/simd.h; all others ask SIMD_X86, and include headers of intrinsics only behind that."""
    if path == "lib/image/core/simd.h":
        return
    assert ARCHITECTURE.findall(text(path)) == []
    for found in re.finditer(r"#include <\w*intrin\.h>", text(path)):
        assert "#if SIMD_X86" in text(path)[:found.start()] or path.endswith("_x86.h"), found[0]
