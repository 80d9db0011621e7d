# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The image code through image_cli, without a server; Pillow and ImageMagick judge."""
import io
import os
import subprocess

import pytest
from PIL import Image


class Result:
    """What image_cli said: the status (enum status), its words, the picture."""

    def __init__(self, status, message, data):
        self.status, self.message, self.data = status, message, data

    @property
    def image(self):
        assert self.status == 0, self.message
        image = Image.open(io.BytesIO(self.data))
        image.load()
        return image


@pytest.fixture
def image_cli(tmp_path):
    def run(operation, data, factor=0.5, quality=0, **limits):
        source, result = tmp_path / "source", tmp_path / "result"
        source.write_bytes(data)
        result.unlink(missing_ok=True)
        environment = {**os.environ, **{name: str(value) for name, value in limits.items()}}
        ran = subprocess.run([os.environ["IMAGE_CLI"], operation, str(factor), str(quality), source,
                              result], capture_output=True, env=environment, timeout=60)
        return Result(ran.returncode, ran.stderr.decode(),
                      result.read_bytes() if ran.returncode == 0 else b"")
    return run
