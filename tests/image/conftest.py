# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The image code through image_cli, without a server; Pillow and ImageMagick judge."""
import io
import os
import resource
import subprocess
import tempfile
import threading

import pytest
from PIL import Image


class Result:
    """What image_cli said: the status (enum status), its words, the image; and the processor's
    time that it took, which does not depend on what else the machine does."""

    def __init__(self, status, message, data, cpu_s):
        self.status, self.message, self.data, self.cpu_s = status, message, data, cpu_s

    @property
    def image(self):
        assert self.status == 0, self.message
        image = Image.open(io.BytesIO(self.data))
        image.load()
        return image


def children_cpu_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


JOB_SECONDS = 600 # no job takes a tenth of that, instrumented and on a busy machine


class Worker:
    """An image_cli that does job after job, as workers do; one that dies is reported and replaced."""

    def __init__(self):
        self.process = None

    def start(self):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([os.environ["IMAGE_CLI"], "-"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors)

    def stop(self):
        """The exit code, and what was said to standard error."""
        self.process.stdin.close()
        code = self.process.wait(60)
        self.process.stdout.close()
        self.process = None
        self.errors.seek(0)
        return code, self.errors.read().decode(errors="replace")

    def run(self, words):
        """(status, message, CPU seconds)."""
        if self.process is None:
            self.start()
        self.process.stdin.write(" ".join(map(str, words)).encode() + b"\n")
        self.process.stdin.flush()
        timer = threading.Timer(JOB_SECONDS, self.process.kill)
        timer.start()
        answer = self.process.stdout.readline().decode()
        timer.cancel()
        if not answer:
            return *self.stop(), 0
        status, cpu_s, message = answer.rstrip("\n").split(" ", 2)
        return int(status), message, float(cpu_s)


@pytest.fixture(scope="session")
def worker():
    worker = Worker()
    yield worker
    if worker.process is not None:
        code, errors = worker.stop()
        assert code == 0, errors # a leak, say


@pytest.fixture
def image_cli(tmp_path, worker):
    """Limits, by name, take a process of their own. Of "do" the factor is the query."""
    def alone(words, limits):
        environment = {**os.environ, **{name: str(value) for name, value in limits.items()}}
        before = children_cpu_s()
        ran = subprocess.run([os.environ["IMAGE_CLI"], *map(str, words)], capture_output=True,
                             env=environment, timeout=JOB_SECONDS)
        return ran.returncode, ran.stderr.decode(), children_cpu_s() - before

    def run(operation, data, factor=0.5, quality=0, **limits):
        source, result = tmp_path / "source", tmp_path / "result"
        source.write_bytes(data)
        result.unlink(missing_ok=True)
        words = [operation, factor, quality] if operation != "do" else ["do", factor]
        words += [source, result]
        status, message, cpu_s = alone(words, limits) if limits else worker.run(words)
        return Result(status, message, result.read_bytes() if status == 0 else b"", cpu_s)
    def query(text, data):
        """A request of /image."""
        source, result = tmp_path / "source", tmp_path / "result"
        source.write_bytes(data)
        status, message, cpu_s = worker.run(["do", text, source, result])
        return Result(status, message, result.read_bytes() if status == 0 else b"", cpu_s)
    run.query = query
    return run
