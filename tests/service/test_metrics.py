# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""GET /metrics of both servers: every metric of the table is there, moves by exactly what clients did, and has
no label that a client can choose."""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading
import time
import types

import pytest

from samples import files
from support.clients import Client, RawConnection, curl, request_head
from support.metrics import PROMTOOL, Scrape, documented, fetch, parse, place, url
from support.processes import descriptors, wait_until
from support.programs import GATEWAY, ROOT, SCALE, run, sanitizer
from test_http import assert_problem

PHOTO = files.jpeg(320, 240)
PIXELS = 320 * 240
COUNT = "http_server_request_duration_seconds_count"
OPEN = "application/openmetrics-text; version=1.0.0"


@pytest.fixture(scope="module")
def system(fleet):
    """A gateway and the scale server behind it, both with metrics."""
    scale = fleet.scale(**place())
    return types.SimpleNamespace(scale=scale, gateway=fleet.gateway(scale, **place()))


@pytest.fixture(params=["gateway", "scale"])
def server(request, system):
    return getattr(system, request.param)


def used(server):
    """Does a little of everything."""
    for path in ("/gray", "/scale?scale=0.5", "/image?format=webp"):
        assert curl(server.url(path), body=PHOTO).status == 200
    assert curl(server.url("/nothing")).status == 404
    return server


def settled(server, name, least, **labels):
    """The first scrape where that counter has got there: what ends without an answer is counted when the server
    notices."""
    seen = []

    def has_moved():
        seen.append(Scrape(server))
        return seen[-1].get(name, **labels) >= least
    wait_until(has_moved, 20, f"{name} {labels} {least}")
    return seen[-1]


def test_every_metric_is_there(server):
    """Each of the documented ones, with its type and its labels, with the values that are documented, and
    nothing else."""
    text = fetch(used(server))
    table = documented()
    assert len(table) > 25
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    assert kinds == {name: "gauge" if kind == "info" else kind for name, (kind, _) in table.items()}
    assert set(re.findall(r"^# HELP (\S+) \S", text, re.M)) == set(table)
    seen = set()
    for name, labels in parse(text):
        family = name if name in table else re.sub(r"_(bucket|sum|count)$", "", name)
        values = table[family][1]
        assert set(dict(labels)) - {"le"} == set(values), name
        for label, value in labels:
            assert values.get(label) is None or value in values[label], (name, label, value)
        seen.add(family)
    assert seen == set(table)


def test_promtool(server):
    """Prometheus' own check has nothing to say of names, types and texts."""
    done = subprocess.run([PROMTOOL, "check", "metrics"], input=fetch(used(server)), text=True,
                          capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_openmetrics(server, tmp_path):
    """By Accept, and Prometheus' parser for it takes all of it. It wants times, which are for files."""
    text = fetch(used(server), OPEN)
    assert text.endswith("\n# EOF\n") and "# UNIT process_cpu_seconds seconds\n" in text
    assert "# TYPE grisaille_problems counter\n" in text and "# TYPE grisaille_build info\n" in text
    path = tmp_path / "metrics.om"
    path.write_text(re.sub(r"^([^#].*)$", rf"\1 {int(time.time())}", text, flags=re.M))
    done = run(PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", path, tmp_path / "blocks")
    assert done.returncode == 0, done.stdout + done.stderr
    names = {name for name, _ in parse(text)}
    assert names == {name for name, _ in parse(fetch(server))}


@pytest.mark.parametrize("accept, media_type", [
    (None, "text/plain; version=0.0.4; charset=utf-8"),
    ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
    (f"{OPEN};q=0.4, text/plain;q=0.5", "text/plain; version=0.0.4; charset=utf-8"),
    (f"text/plain;version=0.0.4;q=0.5, {OPEN}", f"{OPEN}; charset=utf-8")])
def test_media_type(server, accept, media_type):
    reply = curl(url(server), *(["-H", f"Accept: {accept}"] if accept else ["-H", "Accept:"]))
    assert reply.status == 200 and reply.headers["content-type"] == media_type
    assert reply.headers["vary"] == "Accept"


def test_images_move_what_they_should(system):
    """A gray image at the gateway, and one that goes on to the scale server: counters, bytes, pixels and phases
    of both, exactly."""
    before = {name: Scrape(getattr(system, name)) for name in ("gateway", "scale")}
    with Client(system.gateway) as client:
        gray = client.image("/gray", PHOTO)
        small = client.post("/scale?scale=0.5", PHOTO)
    after = {name: Scrape(getattr(system, name)) for name in ("gateway", "scale")}
    path = re.search(r'work;dur=[^;,]*;desc="([^"]+)"', small.headers["server-timing"])[1]
    copied = (("operation", "gray"), ("format_in", "jpeg"), ("format_out", "jpeg"),
              ("path", "jpeg-luma-copy"))
    resized = (("operation", "resize"), ("format_in", "jpeg"), ("format_out", "jpeg"), ("path", path))
    sizes = {("grisaille_source_bytes_total", ()): len(PHOTO),
             ("grisaille_source_pixels_total", ()): PIXELS,
             ("grisaille_result_bytes_total", ()): len(small.body),
             ("grisaille_result_pixels_total", ()): PIXELS / 4}
    job = "grisaille_job_phase_seconds_count"

    def request(path):
        return COUNT, (("method", "POST"), ("route", path), ("status", "200"))
    assert after["scale"].moved(before["scale"]) == {
        request("/scale"): 1, ("grisaille_images_total", resized): 1,
        (job, (("pool", "scale"), ("phase", "queue"))): 1,
        (job, (("pool", "scale"), ("phase", "work"))): 1, **sizes}
    assert after["gateway"].moved(before["gateway"]) == {
        request("/gray"): 1, request("/scale"): 1,
        ("grisaille_images_total", copied): 1, ("grisaille_images_total", resized): 1,
        (job, (("pool", "gray"), ("phase", "queue"))): 1,
        (job, (("pool", "gray"), ("phase", "work"))): 1,
        (job, (("pool", "scale"), ("phase", "upstream"))): 1,
        ("grisaille_upstream_requests_total", (("outcome", "image"),)): 1,
        ("grisaille_source_bytes_total", ()): 2 * len(PHOTO),
        ("grisaille_source_pixels_total", ()): 2 * PIXELS,
        ("grisaille_result_bytes_total", ()): len(gray) + len(small.body),
        ("grisaille_result_pixels_total", ()): PIXELS + PIXELS / 4}


@pytest.mark.parametrize("path, operation, out", [
    ("/image", "copy", "jpeg"), ("/image?format=png", "convert", "png"),
    ("/image?rotate=90&gray=luma", "rotate", "jpeg"), ("/image?crop=square&blur=2", "crop", "jpeg"),
    ("/image?sharpen=1", "filter", "jpeg"), ("/image?gray=luma&format=webp", "gray", "webp"),
    ("/scale", "resize", "jpeg"), ("/flip", "rotate", "jpeg"), ("/resize?width=20", "resize", "jpeg"),
    ("/extract?top=1&left=1&areawidth=9&areaheight=9", "crop", "jpeg"),
    ("/convert?type=png", "convert", "png")])
def test_operations(system, path, operation, out):
    """Both servers name what was done alike, whichever API asked for it."""
    before = [Scrape(one) for one in (system.gateway, system.scale)]
    assert curl(system.gateway.url(path), body=PHOTO).status == 200
    for one, was in zip((system.gateway, system.scale), before):
        labels = {"operation": operation, "format_in": "jpeg", "format_out": out}
        now = Scrape(one)
        assert now.get("grisaille_images_total") - was.get("grisaille_images_total") == 1
        assert now.get("grisaille_images_total", **labels) - \
            was.get("grisaille_images_total", **labels) == 1
        route = path.partition("?")[0]
        assert now.get(COUNT, route=route, status="200") > was.get(COUNT, route=route, status="200")


REFUSALS = [
    ("GET", "/nothing", None, 404, "not-found", "other"),
    ("POST", "/", b"", 400, "empty-body", "/"),
    ("DELETE", "/image", None, 405, "method-not-allowed", "/image"),
    ("POST", "/image?width=0", PHOTO, 400, "bad-parameter", "/image"),
    ("POST", "/image?format=png", b"not an image, but long enough to be one" * 9, 415,
     "unsupported-format", "/image"),
    ("POST", "/image?format=png", PHOTO[:len(PHOTO) // 2], 422, "image-corrupt", "/image"),
    ("POST", "/watermark?text=x", PHOTO, 501, "not-implemented", "/watermark"),
    ("BREW", "/gray", PHOTO, 501, "not-implemented", "/gray"),
    ("BREW", "/coffee", b"", 501, "not-implemented", "other"),
]


@pytest.mark.parametrize("method, path, body, status, problem, route", REFUSALS)
def test_problems(system, method, path, body, status, problem, route):
    """A refusal is one request of its route and status, and one problem of its type; at the gateway also one
    that came from the scale server."""
    before = Scrape(system.gateway)
    with Client(system.gateway) as client:
        assert client.request(method, path, body).status == status
    after = Scrape(system.gateway)
    moved = after.moved(before)
    shown = method if method not in ("DELETE", "BREW") else "_OTHER"
    assert moved[COUNT, (("method", shown), ("route", route), ("status", str(status)))] == 1
    assert moved["grisaille_problems_total", (("type", problem),)] == 1
    assert after.get(COUNT) - before.get(COUNT) == 1
    assert after.get("grisaille_problems_total") - before.get("grisaille_problems_total") == 1


def test_too_large_and_too_slow(own):
    """413 before a body, 408 by the watchdog, and a client that leaves before its answer, which is 499."""
    server = own.gateway(limits__max_body_bytes=100000, listen__body_timeout_ms=1000, **place())
    reply = curl(server.url("/gray"), "-H", "Expect:", body=bytes(200000))
    assert_problem(reply, 413, "body-too-large")
    with RawConnection(server, timeout=20) as raw:
        raw.send(request_head("POST", "/gray", 1000) + PHOTO[:200])
        assert_problem(raw.read_reply(), 408, "body-timeout")
        assert Scrape(server).get(COUNT, route="/gray", status="408") == 1 # though the connection lingers
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/gray", 1000) + PHOTO[:200])
    scrape = settled(server, COUNT, 1, route="/gray", status="499")
    scrape = settled(server, COUNT, 1, route="/gray", status="408")
    assert scrape.get(COUNT, route="/gray", status="413") == 1
    assert scrape.get(COUNT) == 3
    assert scrape.get("grisaille_problems_total", type="body-timeout") == 1
    assert scrape.get("grisaille_problems_total", type="body-too-large") == 1
    assert scrape.get("grisaille_problems_total") == 2


def test_upstream_that_is_not_there(own):
    server = own.gateway(**place())
    assert curl(server.url("/scale"), body=PHOTO).status == 502
    scrape = Scrape(server)
    assert scrape.get("grisaille_upstream_requests_total", outcome="unavailable") == 1
    assert scrape.get("grisaille_upstream_requests_total") == 1
    assert scrape.get("grisaille_images_total") == 0


def test_labels_are_closed(system):
    """Whatever methods and paths clients think of: no series but those of the table comes of it."""
    draw = random.Random(7)
    odd = ["/a\"b", "/a\\b", "/{x=\"y\"}", "/%0a%0dgrisaille_retries_total%20999", "/%00", "/gray/", "/GRAY",
           "//gray", "/gray%2f", "/metrics", "*", "/..%2f", "/%zz", "/gray;x=1"]
    odd += ["/" + "".join(draw.choices("abcdefghij%20\"{}", k=draw.randrange(1, 60))) for _ in range(60)]
    before = Scrape(system.gateway)
    sent = 0
    for path in odd:
        for method in ("GET", "BREW", "gray", "PROPFIND", "OPTIONS"):
            with RawConnection(system.gateway) as raw:
                raw.send(f"{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
                assert raw.read_reply(method) is not None, (method, path)
                sent += 1
    after = Scrape(system.gateway)
    assert after.get(COUNT) - before.get(COUNT) == sent
    routes = {series["route"] for series in after.series(COUNT)}
    assert {series["method"] for series in after.series(COUNT)} <= documented()[COUNT[:-6]][1]["method"]
    assert all(route == "other" or curl(system.gateway.url(route)).status in (200, 405)
               for route in routes), routes
    assert after.get(COUNT, route="other") > before.get(COUNT, route="other")
    assert after.get("grisaille_retries_total") == 0


def test_workers_that_die(own):
    """Deaths are counted by their reason, at rest and during a job, which is tried again; no other number is
    lost or goes back."""
    server = own.gateway(**place())
    assert curl(server.url("/gray"), body=PHOTO).status == 200
    before = Scrape(server)
    for number, reason in ((signal.SIGKILL, "killed"), (signal.SIGABRT, "crashed")):
        # One that dies while it starts has another reason.
        wait_until(lambda: curl(server.url("/readyz")).json()["workers"]["idle"] == 2, 20, "two workers")
        os.kill(server.workers()[0], number)
        scrape = settled(server, "grisaille_worker_exits_total", 1, reason=reason)
        assert scrape.get("grisaille_worker_exits_total", reason=reason) == 1
    wait_until(lambda: len(server.workers()) == 2, 20, "two workers")
    assert scrape.get("grisaille_images_total") == 1
    assert not [key for key, value in scrape.moved(before).items() if value < 0]


def test_retries(own):
    """A job whose worker stops and is killed moves on to another one, and is counted once."""
    server = own.gateway(gray__workers=1, **place())
    worker = server.workers()[0]
    os.kill(worker, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(curl, server.url("/gray"), body=PHOTO)
        settled(server, "grisaille_workers_busy", 1)
        os.kill(worker, signal.SIGKILL)
        assert answer.result().status == 200
    scrape = Scrape(server)
    ends = [scrape.get("grisaille_worker_exits_total", reason=reason) for reason in ("killed", "stopped")]
    assert sum(ends) == 1 and scrape.get("grisaille_worker_exits_total") == 1 # who is first to see it
    assert scrape.get("grisaille_retries_total") == 1
    assert scrape.get("grisaille_images_total") == 1


def test_state(own):
    """Gauges are what the configuration and the clients make them."""
    server = own.scale(scale__workers=3, scale__queue_max=17, limits__max_inflight_bytes=900000000, **place())
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(Client(server)).request("GET", "/healthz")
        scrape = Scrape(server)
    assert scrape.get("grisaille_connections") == 5
    assert scrape.get("grisaille_workers", pool="scale") == 3
    assert scrape.get("grisaille_queue_limit", pool="scale") == 17
    assert scrape.get("grisaille_inflight_limit_bytes") == 900000000
    assert scrape.get("grisaille_inflight_bytes") == 0
    assert scrape.get("grisaille_build_info") == 1 and scrape.get("grisaille_sandbox_info") == 1
    assert abs(scrape.get("process_start_time_seconds") - time.time()) < 300
    assert scrape.get("process_threads") >= 5
    assert scrape.get("process_max_fds") > scrape.get("process_open_fds") > 10
    assert scrape.get("process_virtual_memory_bytes") > scrape.get("process_resident_memory_bytes") > 1e6


@pytest.mark.threads
def test_under_load(system):
    """Scrapes while images are made: no counter goes back, and in the end everything was counted once."""
    clients, rounds = 4, 25
    before = Scrape(system.gateway)
    stop = threading.Event()
    wrong = []

    def scrape():
        last = before
        while not stop.is_set():
            now = Scrape(system.gateway)
            wrong.extend(key for key, value in last.samples.items()
                         if key[0].endswith(("_total", "_count", "_bucket", "_sum"))
                         and now.samples[key] < value)
            last = now

    def work(number):
        with Client(system.gateway) as client:
            for i in range(rounds):
                client.image("/gray" if (i + number) % 2 else "/scale?scale=0.5", PHOTO)

    with concurrent.futures.ThreadPoolExecutor(clients + 2) as pool:
        scrapers = [pool.submit(scrape) for _ in range(2)]
        for done in [pool.submit(work, number) for number in range(clients)]:
            done.result()
        stop.set()
        for done in scrapers:
            done.result()
    after = Scrape(system.gateway)
    assert wrong == []
    for name in ("grisaille_images_total", COUNT):
        assert after.get(name) - before.get(name) == clients * rounds
    assert after.get("grisaille_source_bytes_total") - before.get("grisaille_source_bytes_total") == \
        clients * rounds * len(PHOTO)


def test_a_busy_server_can_be_read(own):
    """All connections for images are taken and every worker is stopped: a scrape takes no longer for it."""
    server = own.gateway(listen__max_connections=4, listen__max_connections_per_ip=0, **place())
    for pid in server.workers():
        os.kill(pid, signal.SIGSTOP)
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                raw = stack.enter_context(RawConnection(server))
                raw.send(request_head("POST", "/gray", len(PHOTO)) + PHOTO)
            settled(server, "grisaille_connections", 4)
            took = []
            for _ in range(5):
                began = time.monotonic()
                scrape = Scrape(server)
                took.append(time.monotonic() - began)
            assert min(took) < 0.5, took
            assert scrape.get("grisaille_workers_busy") + scrape.get("grisaille_queue_length") > 0
    finally:
        for pid in server.workers():
            os.kill(pid, signal.SIGCONT)


def test_scrapers_do_not_starve_images(own):
    """A hundred connections to the metrics, silent or in the middle of a request: images are answered, and the
    next scrape is as well."""
    server = own.gateway(**place())
    with contextlib.ExitStack() as stack:
        for number in range(100):
            raw = socket.create_connection((server.settings["metrics.ip"], server.settings["metrics.port"]))
            stack.enter_context(contextlib.closing(raw))
            if number % 2:
                raw.sendall(b"GET /metrics HTTP/1.1\r\nHost:")
        for _ in range(3):
            assert curl(server.url("/gray"), body=PHOTO).status == 200
        wait_until(lambda: curl(url(server)).status == 200, 30, "a scrape")


def test_other_requests(server):
    """Metrics are there and nowhere else, and nothing else is there."""
    assert curl(server.url("/metrics")).status == 404
    head = curl(url(server), "-I")
    assert head.status == 200 and head.body == b"" and int(head.headers["content-length"]) > 1000
    assert_problem(curl(url(server), "-X", "POST", body=PHOTO), 405, "method-not-allowed")
    assert_problem(curl(url(server, "/")), 404, "not-found")
    assert_problem(curl(url(server, "/gray"), body=PHOTO), 404, "not-found")
    assert_problem(curl(url(server) + "?name=x"), 400, "bad-parameter")
    before = Scrape(server)
    Scrape(server)
    assert Scrape(server).get(COUNT) == before.get(COUNT)


def alerts_at(scrapes, folder):
    """Which of deploy/'s alerts fire at these scrapes, as if one had been made each minute."""
    samples = sorted({key for scrape in scrapes for key in scrape.samples})
    series = [{"series": "{}{{{}}}".format(name, ",".join(
                   f'{label}="{value}"' for label, value in (("job", "grisaille"), ("instance", "a"), *labels))),
               "values": " ".join(format(scrape.samples[name, labels], ".6f") if (name, labels) in scrape.samples
                                  else "_" for scrape in scrapes)} for name, labels in samples]
    rules = ROOT / "deploy/prometheus/alerts.yml"
    names = re.findall(r"- alert: (\w+)", rules.read_text())
    cases = [{"eval_time": f"{len(scrapes) - 1}m", "alertname": name, "exp_alerts": []} for name in names]
    path = folder / "test.yml"
    path.write_text(json.dumps({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": [
        {"interval": "1m", "input_series": series, "alert_rule_test": cases}]}))
    done = run(PROMTOOL, "test", "rules", path)
    assert (done.returncode == 0) == ("alertname" not in done.stdout + done.stderr), done
    return set(re.findall(r"alertname: ?(\w+)", done.stdout + done.stderr))


def test_alerts_at_recorded_samples(own, tmp_path):
    """A gateway in health alerts nobody; one whose scale server is missing does, and of nothing else."""
    system = own.system(**place())
    recorded = [Scrape(used(system)) for _ in range(20)]
    assert recorded[-1].get("grisaille_images_total") == 60
    known = set() if sanitizer() in ("none", "coverage") else {"GrisailleNoSandbox"}
    assert alerts_at(recorded, tmp_path) == known
    broken = own.gateway(**place())
    recorded = [Scrape(broken)]
    for _ in range(20):
        assert curl(broken.url("/scale"), body=PHOTO).status == 502
        recorded.append(Scrape(broken))
    assert alerts_at(recorded, tmp_path) == known | {"GrisailleErrors", "GrisailleScaleServerFails"}


@pytest.mark.parametrize("program", [GATEWAY, SCALE], ids=lambda path: path.name)
def test_port_taken(program, tmp_path):
    """Exit code 1 and one line that names the key and the port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = tmp_path / "config.json"
        config.write_text(f'{{"listen": {{"ip": "127.0.0.1", "port": 0}}, "metrics": {{"port": {port}}}}}')
        done = run(program, "-c", config)
    assert done.returncode == 1
    assert done.stderr == (f"{program.name}: cannot listen on metrics.ip 127.0.0.1, metrics.port {port}: "
                           "Address already in use\n")


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("kind, default", [("gateway", 9180), ("scale", 9181)])
def test_default_port_taken(own, kind, default, written):
    """A second server on a host starts as if there were no metrics, with one line that names the key."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError): # somebody else's, which is as good
            stack.enter_context(socket.create_server(("127.0.0.1", default)))
        server = getattr(own, kind)(metrics__port=default if written else None)
        assert curl(server.url("/image"), body=PHOTO).status == (502 if kind == "gateway" else 200)
        lines = [line for line in server.log().splitlines() if "metrics" in line]
    assert len(lines) == 1 and " warning " in lines[0], lines
    assert lines[0].endswith(f"no metrics: the default of metrics.port, {default}, is in use")


def test_none(own):
    """metrics.port 0: no second socket is listened on."""
    server = own.gateway()
    tables = [pathlib.Path(f"/proc/{server.pid}/net/{name}").read_text() for name in ("tcp", "tcp6")]
    listening = {f"socket:[{row.split()[9]}]" for table in tables for row in table.splitlines()[1:]
                 if row.split()[3] == "0A"}
    assert len(listening & set(descriptors(server.pid).values())) == 1
    assert "metrics on" not in server.log()
    assert curl(server.url("/metrics")).status == 404


def test_until_the_end(own):
    """While a server ends, its metrics can be read until the last image is answered."""
    server = own.gateway(**place())
    with RawConnection(server) as raw:
        raw.send(request_head("POST", "/gray", len(PHOTO)) + PHOTO[:1000])
        settled(server, "grisaille_connections", 1)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "then stopping" in server.log(), 20, "the signal")
        # With the server's own at first, behind which it knows all that were accepted.
        wait_until(lambda: Scrape(server).get("grisaille_connections") == 1, 20, "one connection")
        raw.send(PHOTO[1000:])
        assert raw.read_reply().status == 200
    assert server.process.wait(30) == 0
    with pytest.raises(OSError):
        fetch(server)
