# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""debian/ agrees with the rest of the tree. tests/package/run builds and tries the package itself."""
import json
import re

from structure.sources import ROOT

# What debian/control need not name: build-essential has the compiler, and ./start prints lines with curl.
NOT_TO_BUILD = {"gcc", "libc6-dev", "curl"}
# How a heading of NEWS.md names a release.
RELEASE = re.compile(r"^## (\d+\.\d+\.\d+)", re.M)


def packages(user):
    lines = (ROOT / "deploy/packages.txt").read_text().splitlines()
    return {line.split()[1] for line in lines if line.startswith(f"{user} ")}


def source_field(name):
    """The value of a field in the first paragraph of debian/control, its lines joined."""
    paragraph = (ROOT / "debian/control").read_text().split("\n\n")[0]
    return re.search(rf"^{name}:((?:.*\n?)(?: .*\n?)*)", paragraph, re.M)[1]


def test_build_depends():
    """They are what ./start installs to build."""
    named = {entry.split()[0] for entry in source_field("Build-Depends").split(",") if entry.strip()}
    assert named - {"debhelper-compat"} == packages("start") - NOT_TO_BUILD


def test_version():
    """The newest entry of debian/changelog is of meson.build's version, which NEWS.md has."""
    package = re.match(r"grisaille \((.+)-[^-]+\) ", (ROOT / "debian/changelog").read_text())[1]
    version = re.search(r"^  version: '(.+)',$", (ROOT / "meson.build").read_text(), re.M)[1]
    assert package == version
    assert RELEASE.search((ROOT / "NEWS.md").read_text())[1] == version


def leaves(tree, prefix=""):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def test_conffiles():
    """They are short, as an upgrade asks about each that was changed, and hold defaults, but for the scale
    server's address: it is for the gateway on the same host."""
    for name, other in (("gateway", {}), ("scale", {"listen.ip": "127.0.0.1"})):
        defaults = dict(leaves(json.loads((ROOT / f"config/{name}.json").read_text())))
        conffile = dict(leaves(json.loads((ROOT / f"debian/conf/{name}.json").read_text())))
        differs = {key: value for key, value in conffile.items() if defaults[key] != value}
        assert differs == other and len(conffile) < 10


def test_packed_files_exist():
    """Each file that debian/ names is there."""
    for list_name in ("install", "docs", "examples"):
        for line in (ROOT / "debian" / list_name).read_text().splitlines():
            assert (ROOT / line.split()[0]).exists(), line
