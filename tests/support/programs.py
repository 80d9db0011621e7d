# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Starts and stops the real programs: port 0, a configuration of their own, ready by descriptor."""
import functools
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time

from support import processes

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("GRISAILLE_BUILD", "build")).resolve()
GATEWAY = BUILD / "services/gateway/grisaille-gateway"
SCALE = BUILD / "services/scale/grisaille-scale"
IMAGE_CLI = pathlib.Path(os.environ.get("IMAGE_CLI", "/nonexistent")) # the image tests' program

LONG = os.environ.get("GRISAILLE_LONG") == "1" # ./check --all, and the run_long of a folder

NOWHERE = "http://127.0.0.1:1" # where nothing listens
# A configuration for servers that are started without another one.
NO_METRICS = ROOT / "tests/support/no_metrics.json"

READY_SECONDS = 60
STOP_SECONDS = 60

ERROR_LINE = re.compile(r'^\S+ error grisaille|"level":"error"')
SANITIZER = re.compile(r"(Address|Leak|Thread|Memory)Sanitizer|runtime error:")


@functools.cache
def sanitizer():
    """What the build is instrumented with: "none", "address,undefined", "thread", "coverage"."""
    listed = json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text())
    options = {option["name"]: option["value"] for option in listed}
    return "coverage" if options["b_coverage"] else options["b_sanitize"]


@functools.cache
def is_image_cli_instrumented():
    """Whether a sanitizer is in it, so that its times and its memory say nothing; or it is not there."""
    code = IMAGE_CLI.read_bytes() if IMAGE_CLI.exists() else b"__asan_"
    return b"__asan_" in code or b"__tsan_" in code


def nested(flat):
    """{"listen.port": 0} as the configuration file writes it: {"listen": {"port": 0}}."""
    tree = {}
    for key, value in flat.items():
        *sections, last = key.split(".")
        place = tree
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return tree

# What the log appends to a line about a request.
TRACE_FIELDS = r"(?: trace_id=[0-9a-f]{32} span_id=[0-9a-f]{16})?"


class Server:
    """One running server. Its standard error goes to a file that outlives it. A setting that is None is left
    out of its configuration."""

    def __init__(self, program, folder, settings, flags=()):
        self.program = pathlib.Path(program)
        self.folder = pathlib.Path(folder)
        self.flags = list(flags)
        settings = {"listen.port": 0, **self.defaults(), **settings}
        self.settings = {key: value for key, value in settings.items() if value is not None}
        self.log_path = self.folder / f"{self.program.name}-{id(self):x}.log"
        self.checked = 0 # bytes of the log that a test has answered for
        self.stderr = None # a descriptor to log to in the place of the file
        self.process = None
        self.port = None
        self.born = {} # its children when it was stopped, and when each began
        self.host = self.settings.get("listen.ip", "127.0.0.1")
        self.host = "127.0.0.1" if self.host in ("::", "0.0.0.0") else self.host

    def defaults(self):
        """Two workers, so that tests use more than one; no metrics, whose port would be a fixed one. A sanitizer's
        shadow memory is terabytes of address space and its leak check needs ptrace: no sandbox for an instrumented
        worker."""
        pool = "gray" if self.program == GATEWAY else "scale"
        settings = {f"{pool}.workers": 2, "metrics.port": 0}
        if sanitizer() not in ("none", "coverage"):
            settings["sandbox"] = "off"
        return settings

    def start(self):
        config = self.log_path.with_suffix(".json")
        config.write_text(json.dumps(nested(self.settings), indent=4))
        ready, ready_writer = os.pipe()
        try:
            with open(self.log_path, "ab") as log:
                self.process = subprocess.Popen(
                    [self.program, "--config", config, "--ready-fd", str(ready_writer), *self.flags],
                    stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log if self.stderr is None else self.stderr, pass_fds=[ready_writer])
            os.close(ready_writer)
            self.port = self.read_ready(ready)
        finally:
            os.close(ready)
        return self

    def read_ready(self, ready):
        """The port in the one line that says "ready"; its end without one is a failed start."""
        line = b""
        end = time.monotonic() + READY_SECONDS
        while not line.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([ready], [], [], left)[0]:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"not ready in {READY_SECONDS} s: {self.log()}")
            piece = os.read(ready, 100)
            if piece == b"":
                code = self.process.wait(STOP_SECONDS)
                raise AssertionError(f"{self.program.name} ended with {code}: {self.log()}")
            line += piece
        return int(re.fullmatch(rb"ready port=(\d+)\n", line)[1])

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def url(self, path=""):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{path}"

    def configuration(self):
        """What --print-config says of its configuration, as a tree."""
        config = self.log_path.with_suffix(".json")
        return json.loads(run(self.program, "--config", config, "--print-config").stdout)

    def workers(self):
        """Its children that run."""
        return [pid for pid in processes.children(self.pid) if processes.is_alive(pid)]

    def stop(self, how=signal.SIGTERM):
        """Ends it as an operator would and asserts a clean end: exit code 0, no child left."""
        self.note_children()
        self.process.send_signal(how)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop within {STOP_SECONDS} s: {self.log()}") from None
        assert code == 0, f"exit code {code}: {self.log()}"
        assert self.orphans() == [], f"children left behind: {self.orphans()}"

    def kill(self):
        """kill -9, where it still runs."""
        if self.running():
            self.note_children()
            self.process.kill()
        if self.process is not None:
            self.process.wait()

    def note_children(self):
        self.born = {pid: processes.started(pid) for pid in processes.children(self.pid)}

    def orphans(self):
        """Children that outlived it."""
        return [pid for pid, began in self.born.items() if not self.running()
                and processes.is_alive(pid) and processes.started(pid) == began]

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def unanswered_errors(self, expected=()):
        """Error lines and sanitizer reports since the last call, but for expected errors."""
        with open(self.log_path, "rb") as log:
            log.seek(self.checked)
            text = log.read()
        self.checked += len(text)
        lines = text.decode(errors="replace").splitlines()
        return [line for line in lines
                if SANITIZER.search(line) or (ERROR_LINE.search(line) and
                                              not any(re.search(one, line) for one in expected))]


def run(program, *flags, **options):
    """Runs a program that is to end by itself; its exit code, output and errors as text."""
    return subprocess.run([program, *map(str, flags)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, **options)
