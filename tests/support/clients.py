# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Three clients: curl, as users call it; one kept connection, for many images; a bare socket,
for what no well-behaved client sends."""
import dataclasses
import http.client
import json
import pathlib
import socket
import subprocess


@dataclasses.dataclass
class Reply:
    status: int
    headers: dict # lower-case names; of a repeated field the last
    body: bytes
    interim: list = dataclasses.field(default_factory=list) # status codes before the final one
    connects: int = 0
    seconds: float = 0.0

    def json(self):
        return json.loads(self.body)

    @property
    def media_type(self):
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def request_id(self):
        return self.headers["x-request-id"]


def parse_head(head):
    """Status and headers of one header block."""
    first, *lines = head.split(b"\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
    return int(first.split()[1]), headers


def curl(url, *arguments, body=None):
    """One request by curl. `body` goes as with --data-binary @FILE, which makes it a POST."""
    command = ["curl", "-q", "-sS", "-g", "--path-as-is", "--noproxy", "*", "--max-time", "60",
               "-i", "-w", "%{stderr}%{num_connects} %{time_total}", *map(str, arguments)]
    if body is not None:
        command += ["--data-binary", "@-"]
    done = subprocess.run([*command, url], input=body or b"", capture_output=True, check=False)
    assert done.returncode == 0, f"curl: {done.returncode} {done.stderr}"
    rest = done.stdout
    interim = []
    while True:
        head, _, rest = rest.partition(b"\r\n\r\n")
        status, headers = parse_head(head)
        if status >= 200:
            break
        interim.append(status)
    connects, seconds = done.stderr.split()[-2:]
    return Reply(status, headers, rest, interim, int(connects), float(seconds))


class Client:
    """Requests over one kept-alive connection."""

    def __init__(self, server, timeout=60, source=None):
        """From the address `source`, where one is given: to the server, another client."""
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=timeout,
                                                     source_address=(source, 0) if source else None)

    def request(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body=body, headers=headers or {})
        answer = self.connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, names, answer.read())

    def post(self, path, body, headers=None):
        return self.request("POST", path, body, headers)

    def image(self, path, body):
        """The bytes of a 200; fails with what the server said otherwise."""
        reply = self.post(path, body)
        assert reply.status == 200, f"{reply.status} {reply.body[:300]}"
        return reply.body

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RawConnection:
    """Bytes out, replies in."""

    def __init__(self, server, timeout=30, source=None):
        """From the address `source`, where one is given: to the server, another client."""
        self.socket = socket.create_connection((server.host, server.port), timeout,
                                               (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def send(self, data):
        self.socket.sendall(data)

    def unread(self):
        """How many bytes wait in the kernel for the server to take them."""
        ours, theirs = (end[1] for end in (self.socket.getsockname(), self.socket.getpeername()))
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in pathlib.Path(table).read_text().splitlines()[1:]:
                local, remote, _, queues = line.split()[1:5]
                if [int(end.rpartition(":")[2], 16) for end in (local, remote)] == [theirs, ours]:
                    return int(queues.partition(":")[2], 16)
        return 0

    def fill(self):
        """Reads some more; False at the end of the stream."""
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.pending += piece
        return piece != b""

    def read_reply(self, method="POST"):
        """The next final reply, by its Content-Length; None where the connection ends first."""
        interim = []
        while True:
            while b"\r\n\r\n" not in self.pending:
                if not self.fill():
                    return None
            head, _, self.pending = self.pending.partition(b"\r\n\r\n")
            status, headers = parse_head(head)
            if status >= 200:
                break
            interim.append(status)
        length = int(headers.get("content-length", 0)) if method != "HEAD" and status != 204 else 0
        while len(self.pending) < length:
            assert self.fill(), "the reply ended early"
        body, self.pending = self.pending[:length], self.pending[length:]
        return Reply(status, headers, body, interim)

    def ends(self):
        """Whether the server closes the connection without another byte."""
        while self.pending == b"":
            if not self.fill():
                return True
        return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request_head(method="POST", path="/", length=None, *fields, host="test"):
    """The header block of a plain request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, *fields, "", ""]).encode("latin-1")
