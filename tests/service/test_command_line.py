# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Flags, exit codes, --print-config, --check-config, and what wrong ones are answered with."""
import json
import os
import signal
import socket
import subprocess

import pytest

from support import processes
from support.programs import BUILD, GATEWAY, NO_METRICS, ROOT, SCALE, run

PROGRAMS = pytest.mark.parametrize("program", [GATEWAY, SCALE], ids=lambda path: path.name)

DEFAULTS = {
    "listen": {"ip": "::", "port": None},
    "limits": {"max_body_bytes": 33554432, "max_pixels": 100000000, "deadline_ms": 10000},
    "output": {"quality": 80},
    "sandbox": "required",
}


def assert_one_error_line(done, program, code, *words):
    """One line on standard error that names the program and each of the words."""
    assert done.returncode == code, done
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for word in (program.name, *words):
        assert word in done.stderr, f"{word!r} not in {done.stderr!r}"


def config_file(tmp_path, text):
    path = tmp_path / "test.json"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", [
    "{", '{"listen": {"prot": 80}}', '{"gray": {"max_memory_bytes": 1000}}',
    '{"limits": {"max_inflight_bytes": 134217728}}'])
def test_errors_of_the_document(tmp_path, text):
    """docs/troubleshooting.md has the lines that the programs write, whole."""
    (tmp_path / "gateway.json").write_text(text)
    done = run(GATEWAY, "--check-config", "--config", "gateway.json", cwd=tmp_path)
    assert_one_error_line(done, GATEWAY, 2)
    assert f"\n{done.stderr}" in (ROOT / "docs/troubleshooting.md").read_text()


@PROGRAMS
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(program, flag):
    """--help names every flag, on standard output, exit 0."""
    done = run(program, flag)
    assert done.returncode == 0 and done.stderr == ""
    for name in ("--ip", "--port", "--config", "--check-config", "--print-config", "--ready-fd",
                 "--help", "--version", "-i", "-p", "-c", "-C", "-h", "-V"):
        assert name in done.stdout
    assert ("--scale" in done.stdout) == (program == SCALE)


@PROGRAMS
@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_version(program, flag):
    """--version prints the program and meson.build's version, then the versions of the libraries and codecs
    that the build found, exit 0."""
    done = run(program, flag)
    info = json.loads((BUILD / "meson-info/intro-projectinfo.json").read_text())
    found = json.loads((BUILD / "meson-info/intro-dependencies.json").read_text())
    found = {one["name"]: one["version"] for one in found}
    assert done.returncode == 0 and done.stderr == ""
    first, heading, *libraries = done.stdout.splitlines()
    assert first == f"{program.name} {info['version']}" and heading == "built with:"
    printed = dict(line.split() for line in libraries)
    for name, dependency in {"libvips": "vips", "libmicrohttpd": "libmicrohttpd", "libjpeg-turbo": "libjpeg",
                             "libwebp": "libwebp", "libtiff": "libtiff-4", "dav1d": "dav1d", "libaom": "aom",
                             "libde265": "libde265", "libdeflate": "libdeflate", "lcms2": "lcms2"}.items():
        assert printed[name].removeprefix("v") == found[dependency], name


@PROGRAMS
def test_print_config_defaults(program):
    """--print-config alone prints the defaults of the contract as JSON."""
    done = run(program, "--print-config")
    assert done.returncode == 0, done
    config = json.loads(done.stdout)
    assert config["listen"]["port"] == (8080 if program == GATEWAY else 8000)
    for section, expected in DEFAULTS.items():
        if isinstance(expected, dict):
            for key, value in expected.items():
                assert value is None or config[section][key] == value, f"{section}.{key}"
        else:
            assert config[section] == expected
    if program == GATEWAY:
        assert config["scale"]["upstream"] == "http://127.0.0.1:8000"
    else:
        assert config["scale"]["default"] == 0.5 and config["scale"]["max"] == 1.0


@PROGRAMS
def test_flag_beats_file(program, tmp_path):
    """A flag beats the file, the file beats the default."""
    path = config_file(tmp_path, '{"listen": {"port": 1234, "idle_timeout_ms": 77}}')
    config = json.loads(run(program, "-c", path, "-p", "4321", "--print-config").stdout)
    assert config["listen"]["port"] == 4321
    assert config["listen"]["idle_timeout_ms"] == 77


def test_scale_flag():
    """-s and --scale set the scale server's default factor; the gateway has no such flag."""
    for flag in ("-s", "--scale"):
        config = json.loads(run(SCALE, flag, "0.25", "--print-config").stdout)
        assert config["scale"]["default"] == 0.25
    assert run(GATEWAY, "--scale", "0.25", "--print-config").returncode == 2


@PROGRAMS
def test_printed_config_is_accepted(program, tmp_path):
    """What --print-config prints is, but for computed values, a configuration file."""
    config = json.loads(run(program, "--print-config").stdout)
    config.pop("computed", None)
    path = config_file(tmp_path, json.dumps(config))
    done = run(program, "--config", path, "--check-config")
    assert done.returncode == 0, done.stderr
    again = json.loads(run(program, "--config", path, "--print-config").stdout)
    again.pop("computed", None)
    assert again == config


@PROGRAMS
def test_shipped_config(program):
    """config/*.json of the repository pass --check-config, whole or as an example."""
    name = "gateway.json" if program == GATEWAY else "scale.json"
    done = run(program, "-C", "-c", BUILD.parent / "config" / name)
    assert done.returncode == 0, done.stderr


@PROGRAMS
@pytest.mark.parametrize("text, words", [
    ('{"listen": {"prot": 1}}', ["listen.prot"]),
    ('{"nonsense": 1}', ["nonsense"]),
    ('{"listen.port": 1}', ["listen.port", '{"listen": {"port": ...}}']),
    ('{"": 1}', ['""']),
    ('{"listen": {"port": "80"}}', ["listen.port"]),
    ('{"listen": {"port": 65536}}', ["listen.port", "65535"]),
    ('{"listen": {"port": -1}}', ["listen.port"]),
    ('{"listen": {"port": 80.5}}', ["listen.port"]),
    ('{"listen": {"ip": 5}}', ["listen.ip"]),
    ('{"listen": {"ip": "not an address"}}', ["listen.ip"]),
    ('{"listen": []}', ["listen"]),
    ('{"listen": {"port": 1, "port": 2}}', ["port"]),
    ('{"limits": {"deadline_ms": 0}}', ["limits.deadline_ms"]),
    ('{"output": {"quality": 101}}', ["output.quality", "100"]),
    ('{"sandbox": "maybe"}', ["sandbox", "required"]),
    ('{"log": {"level": "loud"}}', ["log.level"]),
    ('[1]', []),
    ('', []),
])
@pytest.mark.parametrize("flag", ["--check-config", "--print-config", None])
def test_wrong_config(program, tmp_path, text, words, flag):
    """A wrong file is exit code 2 and one line that names file and key, whatever was asked for."""
    path = config_file(tmp_path, text)
    flags = [flag] if flag else []
    assert_one_error_line(run(program, "--config", path, *flags), program, 2, str(path), *words)


@PROGRAMS
def test_broken_json_names_its_line(program, tmp_path):
    """Broken JSON is reported with its line."""
    path = config_file(tmp_path, '{\n "listen": {\n  "port": 80,,\n }\n}\n')
    done = run(program, "-c", path, "-C")
    assert_one_error_line(done, program, 2, str(path))
    assert ":3" in done.stderr or "line 3" in done.stderr


def test_other_programs_keys(tmp_path):
    """A key of the one server is unknown to the other."""
    path = config_file(tmp_path, '{"scale": {"upstream": "http://127.0.0.1:1"}}')
    assert_one_error_line(run(SCALE, "-c", path, "-C"), SCALE, 2, "scale.upstream")
    path = config_file(tmp_path, '{"scale": {"default": 0.5}}')
    assert_one_error_line(run(GATEWAY, "-c", path, "-C"), GATEWAY, 2, "scale.default")


@PROGRAMS
def test_missing_config_file(program, tmp_path):
    """A file that is not there is exit code 2 and named."""
    path = tmp_path / "absent.json"
    assert_one_error_line(run(program, "-c", path), program, 2, str(path))


@PROGRAMS
@pytest.mark.parametrize("flags, word", [
    (["--nonsense"], "nonsense"),
    (["-Z"], "Z"),
    (["--port"], "port"),
    (["--port", "65536"], "port"),
    (["--port", "eighty"], "port"),
    (["--port", ""], "port"),
    (["--port", "80 "], "port"),
    (["--port", "0x50"], "port"),
    (["--ip", "localhost"], "ip"),
    (["--ip", "1.2.3"], "ip"),
    (["--ready-fd", "x"], "ready-fd"),
    (["stray"], "stray"),
    ([""], '""'),
    (["--config", ""], '""'),
])
def test_wrong_flags(program, flags, word):
    """A wrong flag is exit code 2 and one line that names it."""
    assert_one_error_line(run(program, *flags), program, 2, word)


@pytest.mark.parametrize("factor", ["0", "-1", "1.5", "nan", "inf", "1e309", "0x1p-1", "0,5", "", " 1"])
def test_wrong_scale_flag(factor):
    """-s takes a factor as requests do, and nothing else."""
    assert_one_error_line(run(SCALE, "--scale", factor, "--check-config"), SCALE, 2, "scale")


@PROGRAMS
def test_check_config_starts_nothing(program, tmp_path):
    """--check-config answers even where the port is taken, and exits 0 in silence or with one
    line on standard output."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        path = config_file(tmp_path, json.dumps(
            {"listen": {"ip": "127.0.0.1", "port": taken.getsockname()[1]}}))
        done = run(program, "-c", path, "--check-config")
    assert done.returncode == 0 and done.stderr == ""


@PROGRAMS
def test_port_taken(program, tmp_path):
    """A port that is taken is exit code 1 and one line that names it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(program, "-c", NO_METRICS, "-i", "127.0.0.1", "-p", port)
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if str(port) in line]
    assert len(said) == 1 and program.name in said[0], done.stderr


def test_worker_missing(tmp_path):
    """A worker program that is not there is exit code 1 and named, and no request is ever taken."""
    path = config_file(tmp_path, json.dumps({"listen": {"ip": "127.0.0.1", "port": 0},
                                             "metrics": {"port": 0},
                                             "gray": {"program": "/nonexistent/worker"}}))
    done = run(GATEWAY, "-c", path)
    assert done.returncode == 1
    assert "/nonexistent/worker" in done.stderr


@pytest.mark.parametrize("program", [BUILD / "services/gray/grisaille-gray",
                                     BUILD / "services/scale/grisaille-scale-worker"],
                         ids=lambda path: path.name)
def test_worker_by_hand(program):
    """A worker started by hand says so in a line and ends with 2."""
    done = run(program)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@PROGRAMS
def test_ready_fd_is_closed_after_the_line(program, own):
    """--ready-fd gets exactly one line and is closed; standard output stays empty."""
    ready, writer = os.pipe()
    process = subprocess.Popen([program, "-c", NO_METRICS, "-i", "127.0.0.1", "-p", "0",
                                "--ready-fd", str(writer)],
                               pass_fds=[writer], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               env={**os.environ, "LC_ALL": "C"})
    os.close(writer)
    try:
        with os.fdopen(ready, "rb") as reader:
            text = reader.read() # to the end: it ends while the server runs on
        assert text.startswith(b"ready port=") and text.count(b"\n") == 1
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=60)[0]
    assert process.returncode == 0 and out == b""


@PROGRAMS
def test_ready_fd_that_is_none(program):
    """--ready-fd of a descriptor that is not open, or not for writing, is a wrong flag: its number
    would become one of the server's own."""
    flags = ["-i", "127.0.0.1", "-p", "0", "--ready-fd"]
    assert_one_error_line(run(program, *flags, 77), program, 2, "--ready-fd", "77")
    reader, writer = os.pipe()
    done = run(program, *flags, reader, pass_fds=[reader])
    os.close(reader)
    os.close(writer)
    assert_one_error_line(done, program, 2, "--ready-fd", str(reader))


def test_ready_fd_that_nobody_reads():
    """Whoever waited for the line may have gone: the server says so and serves."""
    reader, writer = os.pipe()
    os.close(reader)
    errors, log = os.pipe()
    process = subprocess.Popen([SCALE, "-c", NO_METRICS, "-i", "127.0.0.1", "-p", "0",
                                "--ready-fd", str(writer)],
                               pass_fds=[writer], stderr=log)
    os.close(writer)
    os.close(log)
    with os.fdopen(errors) as lines:
        assert "listening" in next(lines)
        process.terminate()
        said = lines.readlines()
    assert process.wait(60) == 0
    assert any("warning" in line and "--ready-fd" in line for line in said), said


def start_by_shell(program, ready_fd, closed):
    """The program with its descriptors as the shell's words say; and where its line comes out."""
    ready, writer = os.pipe()
    script = (f'exec "$0" -c {NO_METRICS} -i 127.0.0.1 -p 0 --ready-fd {ready_fd} '
              f'{ready_fd}>&{writer} {writer}>&- {closed}')
    process = subprocess.Popen(["/bin/bash", "-c", script, program], pass_fds=[writer],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    os.close(writer)
    return process, os.fdopen(ready)


@PROGRAMS
@pytest.mark.parametrize("ready_fd, closed", [(200, "0<&- 1>&- 2>&-"), (200, "2>&-"), (2, "")])
def test_standard_descriptors(program, ready_fd, closed):
    """Started without standard descriptors, or with standard error for --ready-fd: no descriptor of
    the server's takes their numbers, so that no log line goes to a client."""
    process, reader = start_by_shell(program, ready_fd, closed)
    try:
        with reader:
            assert any(line.startswith("ready port=") for line in reader)

        def standard():
            open_now = processes.descriptors(process.pid)
            return [open_now.get(number) for number in (0, 1, 2)]
        processes.wait_until(lambda: standard() == ["/dev/null"] * 3, 5, standard())
    finally:
        process.terminate()
    assert process.wait(60) == 0


@pytest.mark.skipif(not os.path.exists("/usr/bin/ldd"), reason="ldd")
@PROGRAMS
def test_servers_link_no_decoder(program):
    """ldd of a server shows neither libvips nor any codec."""
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for library in ("vips", "jpeg", "png", "webp", "tiff", "gif"):
        assert f"lib{library}" not in linked
