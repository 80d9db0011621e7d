# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The tree as the tests of this folder see it: files, includes, modules, cycles."""
import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def listed_by_git():
    """None where this is no checkout, or there is no git."""
    try:
        done = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                              cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        return None
    return done.stdout.split("\0")[:-1] if done.returncode == 0 else None


@functools.cache
def tracked():
    """Paths below ROOT, as git knows them; without git, all but builds."""
    names = listed_by_git() or [
        str(path.relative_to(ROOT)) for path in ROOT.rglob("*")
        if not path.relative_to(ROOT).parts[0].startswith(("build", ".git"))]
    return sorted(name for name in names if (ROOT / name).is_file())


def c_files(*folders):
    """Those in these folders; without any, all."""
    return [name for name in tracked() if name.endswith((".c", ".h"))
            and (not folders or name.startswith(tuple(f"{folder}/" for folder in folders)))]


@functools.cache
def text(name):
    return (ROOT / name).read_text()


def includes(name):
    """Pairs of quote and what stands within."""
    return INCLUDE.findall(text(name))


def own_includes(name):
    """Those that are files of the tree, as paths below ROOT."""
    for quote, included in includes(name):
        places = [f"lib/{included}", included, str(pathlib.Path(name).parent / included)]
        found = [place for place in places if (ROOT / place).is_file()]
        if quote == '"' and found:
            yield found[0]


def module(name):
    """A .c with its .h; X_internal.h is X's."""
    return re.sub(r"(_internal)?\.[ch]$", "", name)


def graph(of):
    """{node: {node: "file includes file"}} of what of(path) makes of every C file."""
    nodes = {}
    for name in c_files():
        edges = nodes.setdefault(of(name), {})
        for included in own_includes(name):
            if of(included) != of(name):
                edges.setdefault(of(included), f"{name} includes {included}")
    return nodes


def cycles(nodes):
    """The strongly connected components of more than one node (Tarjan 1972), each sorted."""
    order, low, stack, found = {}, {}, [], []

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        for following in nodes.get(node, {}):
            if following not in order:
                visit(following)
            if following in stack:
                low[node] = min(low[node], low[following])
        if low[node] == order[node]:
            component = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(component) > 1:
                found.append(sorted(component))

    for node in nodes:
        if node not in order:
            visit(node)
    return sorted(found)


def describe_cycles(nodes):
    """A text with each cycle and the includes that close it; empty where there is none."""
    lines = []
    for component in cycles(nodes):
        lines.append("cycle: " + ", ".join(component))
        lines += sorted(f"    {why}" for node in component for following, why in nodes[node].items()
                        if following in component)
    return "\n".join(lines)
