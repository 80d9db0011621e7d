# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""deploy/'s dashboard and alerts, and the queries in docs/: they ask for metrics, labels and values that are in
the table, and Prometheus can read them."""
import json
import re
import subprocess

import pytest
import yaml

from structure.sources import ROOT
from support.metrics import PROMTOOL, documented

ALERTS = ROOT / "deploy/prometheus/alerts.yml"
ALERTS_TEST = ROOT / "deploy/prometheus/alerts_test.yml"
# What Prometheus adds.
TARGET = {"job", "instance"}
NAME = re.compile(r"\b(?:grisaille|http_server|process)_\w+")
SELECTOR = re.compile(r"\b((?:grisaille|http_server|process)_\w+)\{([^}]*)\}")
MATCHER = re.compile(r'\s*(\w+)(=~|!~|!=|=)"([^"]*)"\s*(?:,|$)')
GROUPING = re.compile(r"\bby \(([^)]*)\)")
TABLE = documented()


def samples():
    """{name of a sample: its labels}"""
    found = {}
    for name, (kind, labels) in TABLE.items():
        for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            found[name + suffix] = {**labels, **({"le": None} if suffix == "_bucket" else {})}
    return found


SAMPLES = samples()


def dashboard():
    return json.loads((ROOT / "deploy/grafana/grisaille.json").read_text())


def dashboard_expressions():
    tree = dashboard()
    for panel in tree["panels"]:
        for target in panel.get("targets", []):
            yield f"{panel['title']}, {target['refId']}", target["expr"]
    for annotation in tree["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def alerts():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def documented_expressions():
    text = (ROOT / "docs/operations.md").read_text()
    section = text[text.index("### What to ask"):]
    yield from re.findall(r"^\| ([^|`]+) \| `(.+)` \|$", section[:section.index("\n## ")], re.M)
    for path in sorted((ROOT / "docs").glob("*.md")):
        for number, block in enumerate(re.findall(r"^```promql\n(.*?)^```$", path.read_text(), re.M | re.S)):
            yield f"{path.name}, {number}", " ".join(block.split())


EXPRESSIONS = [*((f"dashboard: {name}", text) for name, text in dashboard_expressions()),
               *((f"alert: {rule['alert']}", rule["expr"]) for rule in alerts()),
               *((f"docs: {name}", text) for name, text in documented_expressions())]


def assert_labels(name, inside):
    for label, operator, value in MATCHER.findall(inside):
        assert label in SAMPLES[name] or label in TARGET, f"{name} has no label {label}"
        values = SAMPLES[name].get(label)
        if values is None or value.startswith("$"):
            continue
        wanted = value.split("|") if operator in ("=~", "!~") else [value]
        assert set(wanted) <= values, f"{name}: {label} is never {value}"


@pytest.mark.parametrize("text", [text for _, text in EXPRESSIONS], ids=[name for name, _ in EXPRESSIONS])
def test_names_and_labels(text):
    """Every metric of an expression is one of ours, with labels and values that it has."""
    names = set(NAME.findall(text))
    assert names <= set(SAMPLES), names - set(SAMPLES)
    for name, inside in SELECTOR.findall(text):
        assert_labels(name, inside)
    for grouped in GROUPING.findall(text):
        for label in map(str.strip, grouped.split(",")):
            assert label in TARGET or any(label in SAMPLES[name] for name in names), label


def test_expressions_are_promql(tmp_path):
    """Prometheus parses all of them, with Grafana's variables filled in."""
    rules = [{"record": f"test:expression_{number}",
              "expr": text.replace("$__rate_interval", "5m").replace("$__interval", "1m")
              .replace("$job", ".*").replace("$instance", ".*")}
             for number, (_, text) in enumerate(EXPRESSIONS)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "test", "rules": rules}]}))
    promtool("check", "rules", path)


def test_every_metric_is_shown():
    """The dashboard has each of them, but for the address space, which says little."""
    shown = {name for _, text in dashboard_expressions() for name in NAME.findall(text)}
    missing = {name for name in TABLE
               if not any(sample in shown for sample in SAMPLES if sample.startswith(name))}
    assert missing == {"process_virtual_memory_bytes"}


def test_dashboard_is_whole():
    """Panels have ids of their own, lie beside each other and not on top, and none names a Prometheus of
    somebody's."""
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = set()
    for panel in panels:
        grid = panel["gridPos"]
        mine = {(x, y) for x in range(grid["x"], grid["x"] + grid["w"])
                for y in range(grid["y"], grid["y"] + grid["h"])}
        assert not mine & places and grid["x"] + grid["w"] <= 24, panel["title"]
        places |= mine
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel.get("targets", []))


def promtool(*arguments):
    done = subprocess.run([PROMTOOL, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_are_valid():
    promtool("check", "rules", ALERTS)


def test_alerts_fire():
    """Each at its samples, and none for a server in health."""
    promtool("test", "rules", ALERTS_TEST)


def test_alerts_are_of_our_servers():
    """An expression without a name of our own would fire for other programs: then it names the jobs."""
    for rule in alerts():
        assert re.search(r"\bgrisaille_|\bjob=~\"grisaille", rule["expr"]), rule["alert"]


def test_alerts_are_tested():
    """Every rule has samples at which it fires and some at which it does not, of series that a server can have."""
    tests = yaml.safe_load(ALERTS_TEST.read_text())["tests"]
    cases = [case for test in tests for case in test["alert_rule_test"]]
    for rule in alerts():
        fires = {bool(case["exp_alerts"]) for case in cases if case["alertname"] == rule["alert"]}
        assert fires == {True, False}, rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert {"summary", "description"} <= rule["annotations"].keys()
    for test in tests:
        for series in test["input_series"]:
            name, inside = re.fullmatch(r"(\w+)\{(.*)\}", series["series"]).groups()
            if name != "up":
                assert name in SAMPLES, name
                assert_labels(name, inside)
