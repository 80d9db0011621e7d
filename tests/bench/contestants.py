# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Who is measured: each contestant starts and stops, and says how one image is asked of it."""
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/bench"
PYTHON = "/usr/bin/python3"


def children(pid):
    """A process and all below it."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                found += children(int(child))
    except OSError:
        pass
    return found


def cpu_seconds(pids):
    """User and system time of these processes and of their children that have ended. /proc counts
    in hundredths, too coarse for 0.3 s of several processes; a process's clock
    (clock_getcpuclockid) counts in nanoseconds, its ended threads included."""
    seconds = 0.0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            seconds += sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK") # ended children
            seconds += time.clock_gettime(~pid << 3 | 2)
        except OSError:
            pass
    return seconds


def pss_mib(pids):
    """Proportional set size of these processes together."""
    total = 0
    for pid in pids:
        try:
            for line in open(f"/proc/{pid}/smaps_rollup"):
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return total / 1024


class Contestant:
    name = ""
    methods = ("gray", "scale") # what it can do; "image": any query of jobs.py

    def __init__(self):
        self.processes, self.port = [], None

    def spawn(self, command, **options):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
        self.processes.append(process)
        return process

    def spawn_with_port(self, command):
        process = self.spawn(command, stdout=subprocess.PIPE, text=True)
        self.port = int(process.stdout.readline())

    def pids(self):
        return [pid for process in self.processes for pid in children(process.pid)]

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []

    def can(self, operation):
        if "=" in operation:
            return "image" in self.methods
        return ("gray" if operation.startswith("gray") else "scale") in self.methods

    def target(self, operation, _image):
        """Method and request target: operation is "gray", "gray+0.25", "gray q80", "0.5", or a query of
        /image. Others than ours have one gray, encoded at 80."""
        if "=" in operation:
            return "POST", "/image?" + operation
        if operation == "gray q80":
            return "POST", "/?quality=80"
        if operation.startswith("gray"):
            return "POST", "/gray?scale=" + operation[5:] if "+" in operation else "/"
        return "POST", f"/scale?scale={operation}"


# What keeps a server of ours from being drowned is not what is measured: 256 connections with
# photographs of 5 MB, all from one address, are to be answered and not refused.
ROOMY = {"listen": {"port": 0, "max_connections_per_ip": 1024},
         "limits": {"max_inflight_bytes": 8 << 30, "deadline_ms": 300000},
         "log": {"level": "warning"}}
PATIENT = {"queue_max": 1024, "queue_wait_ms": 300000}


class Grisaille(Contestant):
    """Both servers; images go to the gateway, or to the scale server alone."""

    def __init__(self, name, build, gray_program="", scale_program="", alone=False):
        super().__init__()
        self.name, self.build, self.alone = name, build, alone
        self.methods = ("scale",) if alone else (*Contestant.methods, "image")
        self.programs = {"gray": str(gray_program), "scale": str(scale_program)}

    def no_metrics(self, program):
        """Their port is a fixed one. A build that is compared with may have none yet."""
        known = subprocess.run([self.build / program, "--print-config"], capture_output=True, text=True, check=True)
        return {"metrics": {"port": 0}} if '"metrics"' in known.stdout else {}

    def server(self, program, settings):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({**ROOMY, **self.no_metrics(program), **settings}, file)
            file.flush()
            ready, writer = os.pipe()
            self.spawn([self.build / program, "--config", file.name, "--ready-fd", str(writer)],
                       pass_fds=[writer])
            os.close(writer)
            with open(ready) as pipe:
                return int(pipe.readline().split("port=")[1])

    def start(self):
        self.scale_port = self.server("services/scale/grisaille-scale",
                                      {"scale": {**PATIENT, "program": self.programs["scale"]}})
        self.port = self.server(
            "services/gateway/grisaille-gateway",
            {"gray": {**PATIENT, "program": self.programs["gray"]},
             "scale": {"upstream": f"http://127.0.0.1:{self.scale_port}"}})
        if self.alone:
            self.port = self.scale_port
        return self

    def post(self, operation, body):
        """One request with a body that is no file."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(*self.target(operation, None), body)
        assert connection.getresponse().status == 200
        connection.close()


class Sharp(Contestant):
    name = "sharp"
    methods = (*Contestant.methods, "image")

    def __init__(self, modules):
        super().__init__()
        self.modules = modules

    def start(self):
        self.spawn_with_port(["node", HERE / "sharp_server.js", self.modules])
        return self

    def target(self, operation, image):
        """It keeps a lossless WebP lossless only when asked to; we always do."""
        method, target = super().target(operation, image)
        if "lossless" in str(image):
            target += ("&" if "?" in target else "?") + "lossless=1"
        return method, target


class Pillow(Contestant):
    name = "Pillow"

    def start(self):
        self.spawn_with_port([PYTHON, HERE / "pillow_server.py"])
        return self


class Nginx(Contestant):
    """image_filter takes files of its own and no factor: the size is in the request."""
    name = "nginx image_filter"
    methods = ("scale",)

    CONFIGURATION = """
load_module /usr/lib/nginx/modules/ngx_http_image_filter_module.so;
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes auto;
events {{ worker_connections 1024; }}
http {{
    access_log off; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
    fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            root {root};
            image_filter resize $arg_w $arg_h;
            image_filter_jpeg_quality 80;
            image_filter_buffer 64M;
        }}
    }}
}}
"""

    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes # of each image, by path

    def start(self):
        import socket
        with socket.socket() as probe: # nginx cannot be asked which port it got
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o755)
        path = pathlib.Path(self.folder) / "nginx.conf"
        path.write_text(self.CONFIGURATION.format(folder=self.folder, port=self.port, root="/"))
        self.spawn(["/usr/sbin/nginx", "-c", path, "-e", f"{self.folder}/error.log"])
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("nginx did not start")

    def target(self, operation, image):
        width, height = (max(1, int(length * float(operation) + 0.5))
                         for length in self.sizes[image])
        return "GET", f"{image}?w={width}&h={height}"
