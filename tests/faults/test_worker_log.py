# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The log, from inside a worker that was taken over: what it writes is marked as its own, within
bounds, and what others have written stays."""
import json
import os
import pathlib
import re
import signal

import pytest

from faults import hostile_worker, traffic
from faults.injection import HOSTILE, script, set_limit
from support.clients import Client, curl
from support.processes import is_alive, wait_until
from support.programs import GATEWAY, Server, run, sanitizer

LINE = re.compile(r"\d{4}-\S+Z (error|warning|info) grisaille-gateway\[(\d+)\]: (.*)")
WORKER = re.compile(r"grisaille-hostile-worker\[(\d+)\]: (.*)")
SANDBOXES = ["off"] if sanitizer() != "none" else ["off", "required"]
FLOOD_BYTES = 128 * 1024 # what a worker may log at once; tests/unit/test_worker_log.c is exact


@pytest.fixture(params=SANDBOXES)
def start(request, own):
    """Starts a gateway whose workers obey commands, in their sandbox or without one, and whose log is a
    file as the shell's 2> opens it: not for appending alone."""
    def start(**settings):
        server = Server(GATEWAY, own.folder, {
            "scale.upstream": "http://127.0.0.1:1", "gray.program": str(HOSTILE),
            "sandbox": request.param, **settings})
        own.servers.append(server)
        with open(server.log_path, "wb") as log:
            server.stderr = log.fileno()
            return server.start()
    return start


def order(server, text):
    with Client(server) as client:
        return client.post("/", hostile_worker.image(text)).status


def flush(server, name):
    """Waits until a line that is logged now has been written."""
    assert curl(server.url(f"/{name}")).status == 404
    wait_until(lambda: f"/{name} " in server.log() or f'/{name}"' in server.log(), 20, "a line")


def worker_lines(server):
    """Pid and text of each line of a worker."""
    found = [LINE.fullmatch(line)[3] for line in server.log().splitlines()]
    return [match.groups() for match in map(WORKER.fullmatch, found) if match]


@pytest.mark.parametrize("act", ["erase", "truncate", "sparse", "pwrite", "fallocate", "map",
                                 "close"])
def test_log_file_stays_whole(start, act):
    """What was logged is there afterwards, what comes follows it, and nothing lies between."""
    server = start()
    flush(server, "before")
    before = server.log_path.read_bytes()
    assert order(server, f"log {act}") in (200, 422)
    flush(server, "after")
    log = server.log_path.read_bytes()
    assert log.startswith(before) and len(log) < len(before) + 64 * 1024
    assert all(LINE.fullmatch(line) for line in log.decode().splitlines()), log
    assert order(server, "echo") == 200 and is_alive(server.pid)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_lines_cannot_be_forged(start, log_format):
    """Newlines, escape sequences, bad UTF-8 and zeros: each line is the server's, and says whose
    words it holds."""
    server = start(**{"log.format": log_format})
    assert order(server, "log forge") == 200
    wait_until(lambda: "by zero" in server.log(), 20, "the lines")
    flush(server, "after")
    text = server.log_path.read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text.replace(b"\xef\xbf\xbd", b""))
    if log_format == "json":
        lines = [json.loads(line) for line in text.decode().splitlines()]
        assert all(line["program"] == "grisaille-gateway" and line["pid"] == server.pid
                   for line in lines)
        messages = [line["message"] for line in lines]
    else:
        lines = [LINE.fullmatch(line) for line in text.decode().splitlines()]
        assert all(int(line[2]) == server.pid for line in lines)
        messages = [line[3] for line in lines]
    forged = [message for message in messages if "forged" in message or "level" in message]
    assert len(forged) == 6 and all(map(WORKER.fullmatch, forged)), forged


def test_last_words(start):
    """A worker that dies in the middle of a line: what it has said is in the log, beside how it
    died."""
    server = start()
    assert order(server, "log torn") == 422
    wait_until(lambda: len(worker_lines(server)) == 2, 20, "the words of both")
    for pid, text in worker_lines(server):
        assert text == "last words without"
        death = f"worker {pid} died during a job: killed by signal 11"
        wait_until(lambda death=death: death in server.log(), 20, death)


def test_long_line(start):
    """A line that does not end is cut."""
    server = start()
    assert order(server, "log long") == 200
    wait_until(lambda: worker_lines(server), 20, "a line")
    (_, text), = worker_lines(server)
    assert text.startswith("0123456789abc") and text.endswith(" [cut]") and len(text) < 1000


@pytest.mark.skipif("address" not in sanitizer(), reason="needs AddressSanitizer")
def test_report_of_a_sanitizer(start):
    """A report is in the log from its first line to its last."""
    server = start()
    assert order(server, "log overflow") == 422
    wait_until(lambda: server.log().count("ABORTING") == 2, 60, "two reports")
    assert any("ERROR: AddressSanitizer: heap-buffer-overflow" in line
               for line in server.unanswered_errors())
    texts = [text for _, text in worker_lines(server)]
    assert sum("write_beyond_the_end" in text for text in texts) >= 2
    assert sum(text.startswith("SUMMARY: AddressSanitizer") for text in texts) == 2
    assert "says too much" not in server.log()


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_flood(start, experiment):
    """A worker that writes as fast as it can: others' answers are as before, its lines are bounded
    and the dropped ones counted, it costs the server little, and no line of the server is lost."""
    server = start()
    with experiment.run(server, images=traffic.command_images(2)) as trial:
        size, cpu = server.log_path.stat().st_size, cpu_seconds(server.pid)
        answers = sum(trial.traffic.statuses.values())
        assert order(server, "flood 1500") == 200
        answers = sum(trial.traffic.statuses.values()) - answers
        cpu = cpu_seconds(server.pid) - cpu
        trial.injected = 1
    for pid in server.workers():
        os.kill(pid, signal.SIGKILL) # what is dropped is reported at the end, at the latest
    wait_until(lambda: "says too much" in server.log(), 20, "the number of dropped lines")
    assert int(re.search(r"says too much: (\d+) line", server.log())[1]) > 1000
    flood = sum(len(text) for _, text in worker_lines(server))
    assert 1000 < flood < FLOOD_BYTES
    assert server.log_path.stat().st_size < size + 4 * FLOOD_BYTES + 400 * 2 * answers
    assert "were lost" not in server.log()
    print(f"{cpu:.2f} s of CPU for a flood of 1.5 s, {answers} answers beside it")


def test_what_a_worker_says_that_does_not_start(own, tmp_path):
    """Its message is in the server's log: of one that never starts, and of one that fails later."""
    flag = tmp_path / "broken"
    flag.touch()
    program = script(tmp_path / "worker.sh",
                     f"[ -e {flag} ] && echo cannot find the moon >&2 && exit 7",
                     f'exec {HOSTILE} "$@"')
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"gray": {"program": str(program)}, "listen": {"port": 0},
                                  "metrics": {"port": 0}}))
    done = run(GATEWAY, "-c", config)
    *said, last = done.stderr.splitlines()
    assert done.returncode == 1 and last.endswith("it ended before it was ready: exit code 7")
    assert said and all(re.search(r" warning grisaille-gateway\[\d+\]: worker.sh\[\d+\]: "
                                  r"cannot find the moon$", line) for line in said), done
    flag.unlink()
    server = own.gateway(gray__program=str(program))
    flag.touch()
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_until(lambda: "]: cannot find the moon\n" in server.log(), 20, "why")
    flag.unlink()


def test_log_file_at_its_limit(own):
    """A log that has become as large as a file may be (SIGXFSZ) ends nothing; once there is room,
    what is missing is reported."""
    server = own.gateway()
    flush(server, "before")
    set_limit(server, "fsize", server.log_path.stat().st_size + 100)
    for number in range(20):
        assert curl(server.url(f"/lost-{number}")).status == 404
    assert is_alive(server.pid)
    set_limit(server, "fsize", "unlimited")
    wait_until(lambda: curl(server.url("/later")).status == 404 and "were lost" in server.log(),
               20, "what was lost")
