# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What the kernel says of processes: children, descriptors, threads, memory, names left behind."""
import os
import pathlib
import time


def wait_until(condition, seconds, what):
    """Asks again and again until the condition holds; fails once the time is over."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def status(pid):
    """The fields of /proc/PID/status, or {} where the process is gone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return dict(line.split(":", 1) for line in lines if ":" in line)


def is_alive(pid):
    """Whether the process runs; a zombie does not."""
    state = status(pid).get("State", "X").split()
    return state[0] not in ("X", "Z")


def started(pid):
    """When the process began, in ticks since boot; None where it is gone. With its number this is
    one process and no other: numbers are used again."""
    try:
        line = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(line.rpartition(")")[2].split()[19])


def children(pid):
    """Every child of the process, zombies included."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and status(entry).get("PPid", "").strip() == str(pid):
            found.append(int(entry))
    return sorted(found)


def descriptors(pid):
    """What each of the process's descriptors is: {number: target}."""
    found = {}
    for entry in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(entry)] = os.readlink(f"/proc/{pid}/fd/{entry}")
        except FileNotFoundError:
            pass # closed in the meantime
    return found


def thread_count(pid):
    return int(status(pid)["Threads"])


def rss_kib(pid):
    return int(status(pid)["VmRSS"].split()[0])


def named_ipc():
    """Names in the shared memory file system, and in the message queues' where it is mounted."""
    found = set()
    for folder in ("/dev/shm", "/dev/mqueue"):
        if os.path.isdir(folder):
            found.update(f"{folder}/{name}" for name in os.listdir(folder) if "grisaille" in name)
    return found


def linked_queues(pid):
    """The process's message queues whose name still exists (unlinked ones say "(deleted)"), and its
    shared memory of that kind."""
    return [target for target in descriptors(pid).values()
            if target.startswith(("/grisaille", "/dev/shm/", "/dev/mqueue/"))
            and not target.endswith("(deleted)")]
