# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Reads a Containerfile: as much of its language as ours uses; anything else is an error."""
import dataclasses
import json
import re
import shlex

INSTRUCTION = re.compile(r"([A-Z]+)\s+(.*)", re.S)
EXEC_FORM = ("CMD", "HEALTHCHECK")


@dataclasses.dataclass
class Step:
    """RUN, COPY or WORKDIR, in their order; `source` is the stage that COPY --from names."""
    word: str
    text: str
    source: str = ""


@dataclasses.dataclass
class Stage:
    base: str
    name: str
    steps: list = dataclasses.field(default_factory=list)
    user: str = "0:0"
    ports: list = dataclasses.field(default_factory=list)
    labels: dict = dataclasses.field(default_factory=dict)
    stop_signal: str = ""
    health_options: dict = dataclasses.field(default_factory=dict)
    health: list = dataclasses.field(default_factory=list)
    command: list = dataclasses.field(default_factory=list)


def instructions(text):
    """(word, rest) of each; lines are joined, comments left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            yield INSTRUCTION.fullmatch(line.strip()).groups()


def options(text):
    """({name: value} of the leading --name=value, the rest)."""
    found = {}
    while match := re.match(r"--([a-z-]+)=(\S+)\s+", text):
        found[match[1]] = match[2]
        text = text[match.end():]
    return found, text


def exec_form(text):
    """A list of words in JSON: what no shell takes apart."""
    words = json.loads(text)
    assert isinstance(words, list) and all(isinstance(word, str) for word in words), text
    return words


def read(text):
    """Its stages; the last one is the image."""
    stages = []
    for word, rest in instructions(text):
        stage = stages[-1] if stages else None
        if word == "FROM":
            base, name = re.fullmatch(r"(\S+)(?: AS (\w+))?", rest).groups()
            stages.append(Stage(base, name or "image"))
        elif word in ("RUN", "WORKDIR"):
            stage.steps.append(Step(word, rest))
        elif word == "COPY":
            found, rest = options(rest)
            assert found.keys() <= {"from"}, found
            stage.steps.append(Step(word, rest, found.get("from", "")))
        elif word == "USER":
            stage.user = rest
        elif word == "EXPOSE":
            stage.ports += map(int, rest.split())
        elif word == "LABEL":
            stage.labels.update(pair.split("=", 1) for pair in shlex.split(rest))
        elif word == "STOPSIGNAL":
            stage.stop_signal = rest
        elif word == "HEALTHCHECK":
            stage.health_options, rest = options(rest)
            assert rest.startswith("CMD "), rest
            stage.health = exec_form(rest.removeprefix("CMD "))
        elif word == "CMD":
            stage.command = exec_form(rest)
        else:
            raise ValueError(f"this reader does not know {word}")
    return stages


def packages(stage):
    """What apt-get installs in a stage."""
    found = []
    for step in stage.steps:
        for command in step.text.split("&&"):
            words = command.split()
            if step.word == "RUN" and "apt-get" in words and "install" in words:
                found += words[words.index("install") + 1:]
    return found


def context(ignore):
    """The paths that a .dockerignore leaves to COPY: its rules are * and !NAME, as ours has them."""
    rules = [line for line in ignore.splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*" and all(rule.startswith("!") for rule in rules[1:]), rules
    return [rule[1:] for rule in rules[1:]]


def is_in_context(path, ignore):
    return any(path == kept or path.startswith(f"{kept}/") for kept in context(ignore))
