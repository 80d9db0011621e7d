# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Containers of the image: by an engine, or by namespaces where there is none. All are in the network of the caller.
`files` are {path in the container: path here}, read-only."""
import os
import pathlib
import signal
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
STOP_SECONDS = 20


class Confined:
    """A process in namespaces of its own, in a folder that holds the image."""

    def __init__(self, root, image, files, command, log):
        files = ",".join(f"{here}:{there}" for there, here in files.items())
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child", sys.executable, "-m",
             "container.confine", root, image.user, files, "--", *command],
            cwd=TESTS, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def pid(self):
        """The container's first process, as it is seen from here; None before it is there."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else None

    def wait(self):
        return self.process.wait(STOP_SECONDS)

    def stop(self):
        """The exit code after SIGTERM to its first process."""
        os.kill(self.pid(), signal.SIGTERM)
        return self.wait()

    def kill(self):
        """The first process of its namespaces, with which all others end."""
        if self.process.poll() is None:
            os.kill(self.pid() or self.process.pid, signal.SIGKILL)
            self.process.wait()


class Folders:
    """Starts containers from a folder."""

    def __init__(self, root, image):
        self.root, self.image = root, image

    def start(self, command, files, log):
        return Confined(self.root, self.image, files, command, log)

    def run(self, command, files, log):
        container = self.start(command, files, log)
        try:
            return container.wait()
        finally:
            container.kill()

    def bytes(self):
        return int(subprocess.run(["du", "-sxB1", self.root], capture_output=True, text=True,
                                  check=True).stdout.split()[0])


class Engine:
    """Starts containers by docker or podman."""

    tag = "grisaille-test"
    options = ["--network=host", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges",
               "--shm-size=64k", "--pids-limit=512"]

    def __init__(self, program):
        self.program = program

    def build(self, path):
        subprocess.run([self.program, "build", "-t", self.tag, "-f", path, "."], check=True,
                       cwd=TESTS.parent)

    def output(self, *words):
        return subprocess.run([self.program, *words], capture_output=True, text=True, check=True).stdout.strip()

    def words(self, command, files):
        volumes = [f"--volume={here}:{there}:ro" for there, here in files.items()]
        return [*self.options, *volumes, self.tag, *command]

    def start(self, command, files, log):
        return Running(self, self.output("run", "--detach", *self.words(command, files)))

    def run(self, command, files, log):
        return subprocess.run([self.program, "run", "--rm", *self.words(command, files)], stdout=log,
                              stderr=log).returncode

    def bytes(self):
        return int(self.output("image", "inspect", "--format={{.Size}}", self.tag))


class Running:
    def __init__(self, engine, name):
        self.engine, self.name = engine, name

    def pid(self):
        return int(self.engine.output("inspect", "--format={{.State.Pid}}", self.name))

    def stop(self):
        self.engine.output("stop", f"--time={STOP_SECONDS}", self.name)
        return int(self.engine.output("inspect", "--format={{.State.ExitCode}}", self.name))

    def kill(self):
        self.engine.output("rm", "--force", self.name)
