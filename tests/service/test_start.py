# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""./start as a user runs it: in a terminal, ended by Ctrl-C, or by the death of a server."""
import json
import os
import pty
import re
import select
import signal
import time

import pytest

from pictures import files
from support import processes
from support.clients import curl
from support.programs import BUILD, ROOT

# It runs what is in ./build, and would build it: only where that is what is being tested.
pytestmark = pytest.mark.skipif(BUILD != ROOT / "build", reason="./start runs ./build")
SECONDS = 60


class Terminal:
    """./start in a terminal of its own, on an address that no other program uses."""

    def __init__(self, folder):
        host = f"127.{os.getpid() % 250 + 2}.99.1"
        self.url = f"http://{host}:8080"
        configs = {"scale": {"listen": {"ip": host, "port": 8000}},
                   "gateway": {"listen": {"ip": host, "port": 8080},
                               "scale": {"upstream": f"http://{host}:8000"}}}
        command = [str(ROOT / "start")]
        for name, config in configs.items():
            path = folder / f"{name}.json"
            path.write_text(json.dumps(config))
            command += [f"--{name}-config", str(path)]
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)

    def read_until(self, words):
        """Keeps what is printed; True once the words are there, False at the end of it all."""
        end = time.monotonic() + SECONDS
        while words is None or words not in self.text:
            left = end - time.monotonic()
            assert left > 0, f"neither {words!r} nor an end: {self.text}"
            if select.select([self.fd], [], [], left)[0]:
                try:
                    piece = os.read(self.fd, 4096)
                except OSError: # Linux's end of a terminal
                    piece = b""
                if piece == b"":
                    return False
                self.text += piece.decode()
        return True

    def servers(self):
        """{program: pid} of what it runs."""
        return dict(re.findall(r"info (grisaille-\w+)\[(\d+)\]: listening", self.text))

    def end(self):
        """Reads to the end; the exit code."""
        self.read_until(None)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_ctrl_c(tmp_path):
    """It says what to try, that works, Ctrl-C stops both servers, exit code 0."""
    terminal = Terminal(tmp_path)
    assert terminal.read_until("stops it."), terminal.text
    reply = curl(f"{terminal.url}/gray?scale=0.5", body=files.jpeg(64, 48))
    assert reply.status == 200 and files.decode(reply.body).size == (32, 24)
    assert terminal.servers().keys() == {"grisaille-scale", "grisaille-gateway"}
    os.write(terminal.fd, b"\x03")
    assert terminal.end() == 0, terminal.text
    assert not any(map(processes.is_alive, terminal.servers().values()))


@pytest.mark.parametrize("victim", ["grisaille-scale", "grisaille-gateway"])
def test_one_dies(tmp_path, victim):
    """Where one server dies the other is stopped, it says which, exit code 1."""
    terminal = Terminal(tmp_path)
    assert terminal.read_until("stops it."), terminal.text
    os.kill(int(terminal.servers()[victim]), signal.SIGKILL)
    assert terminal.end() == 1
    name = "scale server" if victim == "grisaille-scale" else "gateway"
    assert f"the {name} ended by itself with exit code 137" in terminal.text
    assert not any(map(processes.is_alive, terminal.servers().values()))


def test_started_twice(tmp_path):
    """The second one says that the port is taken, exit code 1; the first one goes on."""
    terminal = Terminal(tmp_path)
    if not terminal.read_until("stops it."):
        pytest.fail(terminal.text)
    second = Terminal(tmp_path) # the port is taken
    assert second.end() == 1
    assert "Address already in use" in second.text and "did not start" in second.text
    os.write(terminal.fd, b"\x03")
    assert terminal.end() == 0
