# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The image code through image_cli, without a server; Pillow and ImageMagick judge."""
import io
import os
import resource
import subprocess

import pytest
from PIL import Image


class Result:
    """What image_cli said: the status (enum status), its words, the picture; and the processor's
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


@pytest.fixture
def image_cli(tmp_path):
    def run(operation, data, factor=0.5, quality=0, **limits):
        source, result = tmp_path / "source", tmp_path / "result"
        source.write_bytes(data)
        result.unlink(missing_ok=True)
        environment = {**os.environ, **{name: str(value) for name, value in limits.items()}}
        before = children_cpu_s()
        ran = subprocess.run([os.environ["IMAGE_CLI"], operation, str(factor), str(quality), source,
                              result], capture_output=True, env=environment, timeout=60)
        return Result(ran.returncode, ran.stderr.decode(),
                      result.read_bytes() if ran.returncode == 0 else b"",
                      children_cpu_s() - before)
    return run
