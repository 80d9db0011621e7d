# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""A pipe for a log that nobody reads."""
import fcntl
import os

PIPE_BYTES = 4096


class Unread:
    """A small pipe that is read when a test says so."""

    def __init__(self):
        self.reader, self.writer = os.pipe()
        fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        self.text = ""

    def fill(self):
        os.set_blocking(self.writer, False)
        try:
            while True:
                os.write(self.writer, b"x" * (PIPE_BYTES - 1) + b"\n")
        except BlockingIOError:
            os.set_blocking(self.writer, True)

    def read(self):
        """What is there now, behind what was read before."""
        os.set_blocking(self.reader, False)
        try:
            while piece := os.read(self.reader, 65536):
                self.text += piece.decode()
        except BlockingIOError:
            pass
        return self.text

    def close(self):
        os.close(self.reader)
        os.close(self.writer)
