# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Addresses: the default answers IPv4 and IPv6, a given one only there, on both servers."""
import socket

import pytest

from faults.injection import plain_build, wrapped
from samples import files
from support.clients import curl
from support.programs import GATEWAY, NO_METRICS, SCALE, run

PROGRAMS = pytest.mark.parametrize("program", [GATEWAY, SCALE], ids=lambda path: path.name)


def start(own, program, **settings):
    return own.scale(**settings) if program == SCALE else own.gateway(own.scale(), **settings)


def refused(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(5)
        return probe.connect_ex((host, port)) != 0


@PROGRAMS
def test_default_answers_both(own, program):
    """Without listen.ip, images are answered on 127.0.0.1 and on [::1]."""
    server = start(own, program)
    body = files.jpeg()
    for host in ("127.0.0.1", "[::1]"):
        assert curl(f"http://{host}:{server.port}/healthz").status == 200
        assert curl(f"http://{host}:{server.port}/scale?scale=0.5", body=body).status == 200


@PROGRAMS
@pytest.mark.parametrize("ip, answers, silent", [
    ("127.0.0.1", ["127.0.0.1"], ["::1", "127.0.0.2"]),
    ("0.0.0.0", ["127.0.0.1", "127.0.0.2"], ["::1"]),
    ("::1", ["::1"], ["127.0.0.1"]),
    ("::", ["127.0.0.1", "::1"], []),
    ("127.0.0.3", ["127.0.0.3"], ["127.0.0.1", "::1"]),
])
def test_one_address(own, program, ip, answers, silent):
    """listen.ip answers there and nowhere else."""
    server = start(own, program, listen__ip=ip)
    for host in answers:
        url = f"http://[{host}]" if ":" in host else f"http://{host}"
        assert curl(f"{url}:{server.port}/healthz").status == 200
    for host in silent:
        assert refused(host, server.port), host


# What a kernel without IPv6 says to the first socket, which is the one to listen on.
NO_IPV6 = ["/usr/bin/strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=socket", "-e",
           "inject=socket:error=EAFNOSUPPORT:when=1"]


@plain_build
@PROGRAMS
def test_host_without_ipv6(own, program):
    """Where there is no IPv6 the default falls back to 0.0.0.0 and says so."""
    server = wrapped(own, NO_IPV6, {"listen.ip": "::"}, program)
    server.start()
    assert curl(f"http://127.0.0.1:{server.port}/healthz").status == 200
    assert refused("::1", server.port)
    assert any("warning" in line and "IPv6" in line and "0.0.0.0" in line
               for line in server.log().splitlines())


@plain_build
@PROGRAMS
def test_ipv6_asked_for_where_there_is_none(program):
    """An IPv6 address that was asked for is not replaced: exit code 1 and one line."""
    done = run(*NO_IPV6, program, "-c", NO_METRICS, "-i", "::1", "-p", "0")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done
    assert "::1" in done.stderr


def test_upstream_over_ipv6(own):
    """The gateway reaches a scale server by a bracketed IPv6 address."""
    gateway = own.gateway(own.scale(listen__ip="::1"), listen__ip="::1")
    assert curl(gateway.url("/scale?scale=0.5"), body=files.jpeg()).status == 200


@PROGRAMS
def test_port_is_logged(own, program):
    """The port the kernel chose is in the log line that says where it listens."""
    server = start(own, program)
    assert any(f"port={server.port}" in line and "listening" in line
               for line in server.log().splitlines())


@PROGRAMS
def test_flags_override_address(own, program):
    """--ip and --port on the command line beat the configuration file."""
    flags = ["--ip", "127.0.0.1", "--port", "0"]
    settings = {"flags": flags, "listen__ip": "::1", "listen__port": 1}
    server = own.scale(**settings) if program == SCALE else own.gateway(None, **settings)
    assert curl(f"http://127.0.0.1:{server.port}/healthz").status == 200
