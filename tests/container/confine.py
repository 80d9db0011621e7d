# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Becomes a command in a container, as engines start one with --read-only, --cap-drop=ALL and no-new-privileges: the
first process of its namespaces, in a root that is read-only, as another user without capabilities, under the system
call filter of container engines.

    unshare --mount --pid --ipc --fork --kill-child python3 -m container.confine ROOT USER:GROUP FILES -- COMMAND...

FILES: HOST-PATH:PATH[,...], mounted read-only."""
import ctypes
import json
import os
import pathlib
import platform
import subprocess
import sys

import seccomp

PROFILE = pathlib.Path("/usr/share/containers/seccomp.json") # podman's and, but for some names, Docker's
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38 # linux/prctl.h
CAPABILITIES = 64
SHARED_BYTES = 65536
COMPARE = {"SCMP_CMP_EQ": seccomp.EQ, "SCMP_CMP_NE": seccomp.NE, "SCMP_CMP_LT": seccomp.LT, "SCMP_CMP_LE": seccomp.LE,
           "SCMP_CMP_GT": seccomp.GT, "SCMP_CMP_GE": seccomp.GE, "SCMP_CMP_MASKED_EQ": seccomp.MASKED_EQ}


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def mount_root(root, files):
    """A root in which nothing can be written but shared memory, of which the servers need none."""
    mount("--make-rprivate", "/")
    mount("--bind", root, root)
    for host_path, path in files:
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        mount("--bind", host_path, place)
        mount("-o", "remount,bind,ro", place)
    mount("-t", "proc", "-o", "nosuid,nodev,noexec", "proc", root / "proc")
    mount("-t", "sysfs", "-o", "ro,nosuid,nodev,noexec", "sysfs", root / "sys")
    mount("-t", "tmpfs", "-o", "mode=755,size=64k", "tmpfs", root / "dev")
    for name in ("null", "zero", "full", "random", "urandom"):
        (root / "dev" / name).touch()
        mount("--bind", f"/dev/{name}", root / "dev" / name)
    (root / "dev/shm").mkdir()
    (root / "dev/mqueue").mkdir()
    mount("-t", "tmpfs", "-o", f"mode=1777,nosuid,nodev,noexec,size={SHARED_BYTES}", "tmpfs", root / "dev/shm")
    mount("-t", "mqueue", "-o", "nosuid,nodev,noexec", "mqueue", root / "dev/mqueue")
    mount("-o", "remount,bind,ro", root)


def action(rule, otherwise):
    return {"SCMP_ACT_ALLOW": seccomp.ALLOW, "SCMP_ACT_LOG": seccomp.LOG,
            "SCMP_ACT_ERRNO": seccomp.ERRNO(rule.get("errnoRet", otherwise))}[rule["action"]]


def applies(rule):
    """To this architecture, without any capability."""
    includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    return (not includes.get("caps") and architecture in (includes.get("arches") or [architecture])
            and architecture not in (excludes.get("arches") or []))


def conditions(rule):
    """Lists of conditions, any of which is enough: those of one argument are alternatives."""
    found = [seccomp.Arg(one["index"], COMPARE[one["op"]], one["value"], *(
        [one["valueTwo"]] if one["op"] == "SCMP_CMP_MASKED_EQ" else [])) for one in rule.get("args") or []]
    indices = [one["index"] for one in rule.get("args") or []]
    return [found] if len(set(indices)) == len(indices) else [[one] for one in found]


def make_filter():
    profile = json.loads(PROFILE.read_text())
    default = profile.get("defaultErrnoRet", 1)
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    system_calls = seccomp.SyscallFilter(seccomp.ERRNO(default))
    for rule in filter(applies, profile["syscalls"]):
        if rule["action"] == "SCMP_ACT_ERRNO" and rule.get("errnoRet", default) == default:
            continue
        for name in rule["names"]:
            for arguments in conditions(rule):
                try:
                    system_calls.add_rule(action(rule, default), name, *arguments)
                except (ValueError, RuntimeError):
                    pass # a call that this libseccomp, or this architecture, does not have
    return system_calls


def give_up_privileges(user, group):
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0


def main(root, user, files, dashes, *command):
    assert dashes == "--"
    root = pathlib.Path(root)
    system_calls = make_filter() # while its profile can be read
    mount_root(root, [pair.split(":") for pair in files.split(",") if pair])
    os.chroot(root)
    os.chdir("/")
    give_up_privileges(*map(int, user.split(":")))
    system_calls.load()
    os.execvpe(command[0], command, {"PATH": "/usr/local/bin:/usr/bin:/bin"})


if __name__ == "__main__":
    main(*sys.argv[1:])
