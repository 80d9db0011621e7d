# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""./start as a user runs it: in a terminal, ended by Ctrl-C, or by the death of a server; and, with
servers that are scripts, every moment at which a server may die or a signal may come."""
import concurrent.futures
import contextlib
import json
import os
import pty
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import time

import pytest

from samples import files
from support import processes
from support.clients import curl
from support.programs import BUILD, ROOT

# It runs what is in ./build, and would build it: only where that is what is being tested.
pytestmark = pytest.mark.skipif(BUILD != ROOT / "build", reason="./start runs ./build")
SECONDS = 60


def free_port(host):
    with socket.create_server((host, 0)) as server:
        return server.getsockname()[1]


class Terminal:
    """./start in a terminal of its own. Without `port` the kernel chooses one."""

    def __init__(self, folder, host, port=0):
        self.host = host
        upstream = free_port(host)
        configs = {"scale": {"listen": {"ip": host, "port": upstream}, "metrics": {"port": 0}},
                   "gateway": {"listen": {"ip": host, "port": port}, "metrics": {"port": 0},
                               "scale": {"upstream": f"http://{host}:{upstream}"}}}
        command = [str(ROOT / "start")]
        for name, config in configs.items():
            path = folder / f"{name}-{upstream}.json"
            path.write_text(json.dumps(config))
            command += [f"--{name}-config", str(path)]
        self.text = ""
        self.code = None
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

    @property
    def port(self):
        return int(re.search(r"http://localhost:(\d+) ", self.text)[1])

    def servers(self):
        """{program: pid} of what it runs."""
        return dict(re.findall(r"info (grisaille-\w+)\[(\d+)\]: listening", self.text))

    def press_ctrl_c(self):
        os.write(self.fd, b"\x03")

    def end(self):
        """Reads to the end; the exit code."""
        self.read_until(None)
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code

    def clean_up(self):
        """Whatever a test that failed left running."""
        for pid in [] if self.code is not None else [self.pid, *map(int, self.servers().values())]:
            if processes.is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        if self.code is None:
            os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture
def terminal(tmp_path):
    """Opens terminals on an address that, most likely, no other program uses."""
    host = ".".join(["127", *(str(random.randrange(2, 250)) for _ in range(3))])
    opened = []

    def open_terminal(**options):
        opened.append(Terminal(tmp_path, host, **options))
        return opened[-1]
    yield open_terminal
    for one in opened:
        one.clean_up()


def test_ctrl_c(terminal):
    """It says what to try, that works, Ctrl-C stops both servers, exit code 0."""
    shell = terminal()
    assert shell.read_until("stops it."), shell.text
    assert "is ready" in shell.text
    reply = curl(f"http://{shell.host}:{shell.port}/gray?scale=0.5", body=files.jpeg(64, 48))
    assert reply.status == 200 and files.decode(reply.body).size == (32, 24)
    assert shell.servers().keys() == {"grisaille-scale", "grisaille-gateway"}
    shell.press_ctrl_c()
    assert shell.end() == 0, shell.text
    assert not any(map(processes.is_alive, shell.servers().values()))


@pytest.mark.parametrize("victim", ["grisaille-scale", "grisaille-gateway"])
def test_one_dies(terminal, victim):
    """Where one server dies the other is stopped, it says which, exit code 1."""
    shell = terminal()
    assert shell.read_until("stops it."), shell.text
    os.kill(int(shell.servers()[victim]), signal.SIGKILL)
    assert shell.end() == 1
    name = "scale server" if victim == "grisaille-scale" else "gateway"
    assert f"the {name} ended by itself with exit code 137" in shell.text
    assert not any(map(processes.is_alive, shell.servers().values()))


def test_started_twice(terminal):
    """The second one says that the port is taken, exit code 1; the first one goes on."""
    first = terminal()
    assert first.read_until("stops it."), first.text
    second = terminal(port=first.port)
    assert second.end() == 1
    assert "Address already in use" in second.text and "did not start" in second.text
    assert curl(f"http://{first.host}:{first.port}/healthz").status == 200
    first.press_ctrl_c()
    assert first.end() == 0


# --- every moment --------------------------------------------------------------------------------

TIMES = 24 # each, several at once
NINJA = """rule none
  command = :
build services/gateway/grisaille-gateway: phony
build services/gray/grisaille-gray: phony
build services/scale/grisaille-scale: phony
build services/scale/grisaille-scale-worker: phony
"""
# --config FILE --ready-fd N. A life is what is in the environment under the program's name.
SERVER = r"""#!/bin/bash
name=${0##*-}
serve() { while :; do nap 0.1; done; }
ready() { echo "ready port=1234" >&"$fd"; }
die() { kill -KILL $$; }
nap() { read -r -t "$1" <>quiet; }
fd=$4
trap 'exit 0' TERM
echo $$ >"$LIVES/$name.pid"
life=${name}_life
eval "${!life}"
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A checkout of ./start alone, whose servers are scripts."""
    tree = tmp_path_factory.mktemp("stage")
    (tree / "deploy").mkdir()
    shutil.copy(ROOT / "start", tree)
    shutil.copy(ROOT / "deploy/prepare.sh", tree / "deploy")
    (tree / "deploy/packages.txt").write_text("")
    for name in ("gateway", "scale"):
        program = tree / f"build/services/{name}/grisaille-{name}"
        program.parent.mkdir(parents=True)
        program.write_text(SERVER)
        program.chmod(0o755)
    (tree / "build/build.ninja").write_text(NINJA)
    os.mkfifo(tree / "quiet") # nothing is ever read from it
    return tree


class Play:
    """One run of ./start with two given lives; nothing of it is left at its end."""

    def __init__(self, stage, folder, scale, gateway):
        folder.mkdir()
        self.folder, self.seconds = folder, 0
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen(
            [stage / "start"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env={**os.environ, "LIVES": str(folder), "scale_life": scale, "gateway_life": gateway})

    def pids(self):
        """{name: pid} of the servers that have begun."""
        found = {path.stem: path.read_text() for path in self.folder.glob("*.pid")}
        return {name: int(text) for name, text in found.items() if text.endswith("\n")}

    def wait_for(self, name):
        processes.wait_until(lambda: name in self.pids(), SECONDS, f"{name} begins")
        return self.pids()[name]

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def end(self):
        """The exit code and what was printed; nothing may be left, and nothing may hang."""
        try:
            code = self.process.wait(SECONDS)
            left = [name for name, pid in self.pids().items() if processes.is_alive(pid)]
            assert left == [], f"left behind: {left}; {self.text()}"
            return code, self.text()
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it hangs: {self.text()[-2000:]}") from None
        finally:
            for pid in [self.process.pid, *self.pids().values()]:
                if processes.is_alive(pid):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()
            self.log.close()


def play_often(stage, folder, scale, gateway, act=lambda play: None):
    """The results of many runs; several at once, so that they meet at all sorts of moments. `act`
    does something to each while it runs."""
    def once(number):
        play = Play(stage, folder / str(number), scale, gateway)
        try:
            act(play)
        finally:
            result = play.end()
        return result
    with concurrent.futures.ThreadPoolExecutor(8) as executor:
        return list(executor.map(once, range(TIMES)))


LIFE = "ready; serve"
NAPS = ["", "nap 0.00$((RANDOM % 10)); ", "nap 0.$((RANDOM % 3)); "]


@pytest.mark.parametrize("nap", NAPS)
@pytest.mark.parametrize("end, code", [("exit 3", 3), ("exit 0", 0), ("die", 137)])
@pytest.mark.parametrize("victim", ["scale", "gateway"])
def test_death(stage, tmp_path, victim, end, code, nap):
    """A server ends at once, or soon, after it was ready: that is reported, and the other is stopped."""
    lives = {"scale": LIFE, "gateway": LIFE, victim: f"ready; {nap}{end}"}
    name = {"scale": "scale server", "gateway": "gateway"}
    for result, text in play_often(stage, tmp_path, **lives):
        assert result == 1, text
        assert f"the {name[victim]} ended by itself with exit code {code}\n" in text
        assert text.count("ended") == 1, text


@pytest.mark.parametrize("nap", NAPS)
def test_both_die(stage, tmp_path, nap):
    """Both at about the same time: both are reported."""
    deaf = "trap '' TERM; ready; "
    for result, text in play_often(stage, tmp_path, f"{deaf}{nap}exit 3", f"{deaf}{nap}exit 4"):
        assert result == 1 and "ended by itself" in text, text
        assert re.search("the scale server ended (by itself )?with exit code 3\n", text), text
        assert re.search("the gateway ended (by itself )?with exit code 4\n", text), text


@pytest.mark.parametrize("nap", NAPS[:2])
@pytest.mark.parametrize("victim", ["scale", "gateway"])
def test_death_at_start(stage, tmp_path, victim, nap):
    """A server that ends without having been ready."""
    lives = {"scale": LIFE, "gateway": LIFE, victim: f"{nap}exit 5"}
    name = {"scale": "scale server", "gateway": "gateway"}
    for result, text in play_often(stage, tmp_path, **lives):
        assert result == 1, text
        assert f"the {name[victim]} did not start" in text and "exit code 5\n" in text
        assert "is ready" not in text


@pytest.mark.parametrize("begun", ["scale", "gateway"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal(stage, tmp_path, number, begun):
    """A signal at any moment after the first, or the second, server's beginning: both are stopped."""
    def act(play):
        play.wait_for(begun)
        time.sleep(random.uniform(0, 0.03))
        play.process.send_signal(number)
    for result, text in play_often(stage, tmp_path, LIFE, LIFE, act):
        assert result == 0 and text.endswith("start: stopped\n"), text


def test_signal_and_death(stage, tmp_path):
    """A signal while a server dies: an end, and only as reported or as requested."""
    def act(play):
        pid = play.wait_for("gateway")
        if random.random() < 0.5:
            os.kill(pid, signal.SIGKILL)
        play.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(ProcessLookupError): # it has just ended
            os.kill(pid, signal.SIGKILL)
    for result, text in play_often(stage, tmp_path, LIFE, LIFE, act):
        assert result == (0 if text.endswith("start: stopped\n") else 1), text


def test_stopped_server(stage, tmp_path):
    """A server that SIGSTOP has stopped is stopped all the same when the other ends."""
    def act(play):
        play.wait_for("gateway")
        os.kill(play.wait_for("scale"), signal.SIGSTOP)
    for result, text in play_often(stage, tmp_path, LIFE, "nap 0.1; ready; nap 0.3; exit 6", act):
        assert result == 1 and "the gateway ended by itself with exit code 6\n" in text, text
