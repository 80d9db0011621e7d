# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Does the steps of a Containerfile in folders, as root, where there is no container engine: each stage is a copy of
a bare Debian, and RUN is chroot(1)."""
import os
import pathlib
import shutil
import subprocess

from container import containerfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What debian:12-slim leaves out, when it is made and of packages that are installed later.
SLIM = """path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
"""


def make_slim(root):
    (root / "etc/dpkg/dpkg.cfg.d/docker").write_text(SLIM)
    for name in ("doc", "info", "locale", "man"):
        shutil.rmtree(root / "usr/share" / name, ignore_errors=True)
    for path in (root / "var/cache/apt/archives").glob("*.deb"):
        path.unlink()
    shutil.rmtree(root / "var/lib/apt/lists")
    (root / "var/lib/apt/lists").mkdir()


def with_kernel(root, command):
    """Runs it while /proc, /sys and /dev are there."""
    script = 'source deploy/prepare.sh; source tests/support/machine.sh; mount_kernel "$1"; shift; "$@"'
    subprocess.run(["unshare", "--mount", "bash", "-c", script, "build", root, *command], check=True, cwd=ROOT)


def run(root, folder, command):
    proxies = [f"{name}={os.environ[name]}" for name in ("http_proxy", "https_proxy") if os.environ.get(name)]
    with_kernel(root, ["chroot", root, "/usr/bin/env", "-i", "-C", folder, f"PATH={PATH}", *proxies,
                       "/bin/sh", "-c", command])


def copy_context(place, ignore):
    for path in containerfile.context(ignore):
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, place / path, symlinks=True, dirs_exist_ok=True)
        elif (ROOT / path).exists():
            shutil.copy2(ROOT / path, place / path)


def copy(roots, root, folder, step):
    *sources, to = step.text.split()
    place = root / os.path.join(folder, to).lstrip("/")
    ignore = (ROOT / ".dockerignore").read_text()
    for source in sources:
        if step.source:
            path = roots[step.source] / source.lstrip("/")
        elif source == ".":
            copy_context(place, ignore)
            continue
        else:
            assert containerfile.is_in_context(source, ignore), f".dockerignore leaves out {source}"
            path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True)
        else:
            at = place / path.name if to.endswith("/") else place
            at.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, at)


def build(stages, bare, folder):
    """{stage: its root} in folder."""
    roots = {}
    for stage in stages:
        root, workdir = folder / stage.name, "/"
        subprocess.run(["cp", "-a", "--reflink=auto", bare, root], check=True)
        roots[stage.name] = root
        for step in stage.steps:
            print(f"-- {stage.name}: {step.word} {' '.join(step.text.split())[:90]}", flush=True)
            if step.word == "WORKDIR":
                workdir = step.text
                (root / workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
            elif step.word == "COPY":
                copy(roots, root, workdir, step)
            else:
                run(root, workdir, step.text)
    return roots
