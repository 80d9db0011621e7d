# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""README.md, docs/ and their neighbours: links lead somewhere, and names are those of the tables."""
import functools
import posixpath
import re

import pytest
import yaml

from structure.sources import ROOT, c_files, text, tracked
from support.metrics import documented

DOCUMENTS = [name for name in tracked() if name.endswith(".md")
             and name.split("/")[0] in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "NEWS.md", "docs")]
FENCED = re.compile(r"^```.*?^```$", re.M | re.S)
INDENTED = re.compile(r"^(?: {4}|\t).*$", re.M)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.M)
KEY = re.compile(r"^\| `([a-z_]+(?:\.[a-z_0-9]+)?)` \| \w+ \|", re.M)
TROUBLE = "docs/troubleshooting.md"
LOG = re.compile(r"^```log\n(.*?)^```$", re.M | re.S)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"(?:\s*"((?:[^"\\\n]|\\.)*)")*')
FORMAT = re.compile(r"%[-+ 0#]*[\d.*]*(?:hh?|ll?|z|j|t)?[a-zA-Z]")
LEAST_LETTERS = 12 # of a sentence, beside what its format fills in


@functools.cache
def prose(name):
    """A document without its blocks of code."""
    return INDENTED.sub("", FENCED.sub("", text(name)))


@functools.cache
def anchors(name):
    """What GitHub makes of the headings."""
    found = {}
    for _, heading in HEADING.findall(prose(name)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found[anchor] = found.get(anchor, -1) + 1
        if found[anchor] > 0:
            found[f"{anchor}-{found[anchor]}"] = 0
    return set(found)


def links(name):
    """(file, anchor) of each link to a place in the tree."""
    for target in LINK.findall(CODE.sub("``", prose(name))):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            yield posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name, anchor


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links(name):
    """Each leads to a file, or a folder, of the tree, and to a heading that is there."""
    for path, anchor in links(name):
        assert (ROOT / path).exists(), path
        assert not anchor or anchor in anchors(path), f"{path}#{anchor}"


def test_readme_leads_everywhere():
    """Whoever looks for a document finds it from README.md."""
    linked = {path for path, _ in links("README.md")}
    assert {name for name in DOCUMENTS if name.startswith("docs/")} <= linked


@pytest.mark.parametrize("name", DOCUMENTS)
def test_keys_are_known(name):
    """`section.key` is a key of one of the servers."""
    if name in ("docs/configuration.md", "NEWS.md"):
        return # made of them; of all versions
    keys = set(KEY.findall(text("docs/configuration.md")))
    sections = {key.partition(".")[0] for key in keys if "." in key}
    assert len(keys) > 40
    for quoted in CODE.findall(text(name)):
        section, dot, key = quoted.strip("`").partition(".")
        if dot and section in sections and re.fullmatch(r"[a-z_0-9]+", key) and key not in ("json", "md", "c", "h"):
            assert f"{section}.{key}" in keys, quoted


@pytest.mark.parametrize("name", DOCUMENTS)
def test_metrics_are_known(name):
    """So is each metric, by its name or that of a series of it."""
    known = {metric + suffix for metric in documented() for suffix in ("", "_bucket", "_sum", "_count")}
    found = set(re.findall(r"\bgrisaille_[a-z_]*[a-z]\b(?!\*)", text(name)))
    assert found <= known, found - known


def sections(name, depth):
    """{heading: what follows, up to the next one of its depth or less}"""
    found, whole = {}, text(name)
    heads = [match for match in HEADING.finditer(whole) if len(match[1]) <= depth]
    for match, following in zip(heads, [*heads[1:], None]):
        if len(match[1]) == depth:
            found[match[2]] = whole[match.end():following.start() if following else len(whole)]
    return found


def test_every_problem_has_a_section():
    """Each type of docs/http.md, which a unit test holds to be the table in the code, with its codes."""
    types = dict((name, codes) for codes, name in
                 re.findall(r"^\| (\d+[\d, ]*) \| `/problems/([a-z-]+)`", text("docs/http.md"), re.M))
    problems = sections(TROUBLE, 2)["Problems, type by type"]
    found = re.findall(r"^### (\S+)$", problems, re.M)
    assert sorted(found) == sorted(types)
    for name, body in sections(TROUBLE, 3).items():
        for code in types.get(name, "").split(", "):
            assert code in body, (name, code)


def alert_names():
    rules = yaml.safe_load(text("deploy/prometheus/alerts.yml"))
    return {rule["alert"] for group in rules["groups"] for rule in group["rules"]}


def test_alerts_are_explained():
    """Whoever is woken by an alert finds it in the page for troubles; no document names another one."""
    for name in DOCUMENTS:
        named = set(re.findall(r"`(Grisaille[A-Z]\w+)`", text(name)))
        assert named <= alert_names(), (name, named - alert_names())
    assert alert_names() <= set(re.findall(r"`(Grisaille\w+)`", text(TROUBLE)))


def test_reasons_are_explained():
    """Why a worker is replaced: each value of the label."""
    reasons = documented()["grisaille_worker_exits_total"][1]["reason"]
    body = sections(TROUBLE, 2)["Workers are replaced"]
    assert reasons == set(re.findall(r"^\| `(\w+)` \|", body, re.M))


@functools.cache
def sentences():
    """Every string of the programs that is one: what stands between what its format fills in."""
    found = set()
    for name in c_files("lib", "services"):
        for match in LITERAL.finditer(text(name)):
            whole = "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', match[0])).replace('\\"', '"')
            if len(FORMAT.sub("", whole)) >= LEAST_LETTERS:
                found.add(tuple(filter(None, FORMAT.split(whole))))
    return found


def is_made_of(line, pieces):
    """Whether they stand in it, in this order."""
    at = 0
    for piece in pieces:
        at = line.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


@pytest.mark.parametrize("name", DOCUMENTS)
def test_log_lines_are_ours(name):
    """Each line of a block "log" is what a program can log: whoever changes a message changes it here."""
    for block in LOG.findall(text(name)):
        for line in block.splitlines():
            assert any(is_made_of(line, pieces) for pieces in sentences()), line


@pytest.mark.parametrize("line", ["worker 7 died in a job: exit code 3", "no metrics: the port, 9180, is taken"])
def test_other_lines_are_found(line):
    """What nearly is a line of ours is none."""
    assert not any(is_made_of(line, pieces) for pieces in sentences())


def test_anchors_are_githubs():
    """Punctuation goes, code stays, and a second heading of one name has a number."""
    assert {"errors", "what-libmicrohttpd-does-by-itself", "info"} <= anchors("docs/http.md")
