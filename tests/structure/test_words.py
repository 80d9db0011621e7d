# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The glossary of CONTRIBUTING.md: one word for one thing, in code, comments, documents and scripts."""
import dataclasses
import re

import pytest

from structure import sources

CODE, COMMENT, STRING = "code", "comment", "string"
EVERYWHERE = (CODE, COMMENT, STRING)
PROSE = (".md", ".txt", ".in", ".conf", ".cfg", ".lua", ".js", ".build", ".Debian")
SCRIPTS = ("check", "start", "bench", ".ci/run", "tests/fuzz/run", "tests/fresh/run",
           "tests/fresh/machine", "tests/container/run", "tests/container/machine", "tests/faults/run_long",
           "tests/attacks/run_long", "deploy/prepare.sh", "tools/update_docs.sh", "tests/support/machine.sh",
           "tests/support/complete", "tests/package/run", "tests/package/machine", "tests/package/use",
           "debian/control", "debian/rules", "debian/tests/servers")
# What was written when the words were others, what others wrote, and the glossary's own test.
NOT_OURS = ("NEWS.md", "LICENSE", "tests/structure/test_words.py", "tests/fuzz/regressions/")


@dataclasses.dataclass
class Word:
    """`found` is not to be found, but within one of the phrases of `allowed`. Letters end a word; an
    underscore does not begin or end a name's part."""
    found: str
    use: str
    kinds: tuple = EVERYWHERE
    allowed: str = ""
    files: str = "" # a regular expression of paths; all by default


WORDS = [
    Word(r"(?:long|short|fast|slow|quick|general)(?:er|est)?[ _-]ways?", "path, fast path, general path"),
    Word(r"ways?", "path", (CODE,), allowed=r"under_way|one_way"),
    Word(r"(?:un)?caged?|cages", "sandbox"),
    Word(r"walls?", "layer (of the sandbox)", allowed=r"wall[ -](?:clock|time)|wall_s|-Wall"),
    Word(r"pictures?", "image", (CODE, COMMENT), files=r"(?!docs/|README)",
         allowed=r"Picture_\d\w|Dav1dPicture|dav1d_\w+|de265_\w+"), # names that codecs gave
    # To an end user an image is a picture: problem details, GET /, the first lines of README.md.
    Word(r"pictures?", "image", files=r"docs/|README",
         allowed=r"\"[^\"]*\"|Picture_\d\w|POST a picture|one (?:bad|slow) picture"),
    Word(r"doom(?:s|ed)?", "retire"),
    Word(r"bury|buri(?:es|ed|al)", "reap (waitpid), retire (take out of use)"),
    Word(r"blam(?:e|es|ed|ing)", "strike", allowed=r"git-blame|blame\.ignoreRevsFile"),
    Word(r"across|down", "horizontal, vertical", (CODE,),
         allowed=r"(?:shut|round|slow|count|write|pull|go|step|key)(?:s|ed|ing)?_down"),
    Word(r"across and down|down and across", "horizontally and vertically"),
    Word(r"make_smaller|shrink\w*|shrunk\w*|resampl\w+|reduces?", "resize; reducer (of one plane)",
         (CODE,), files=r"lib/image/|services/", allowed=r"vips_\w+"),
    Word(r"strangers?", "untrusted client, client"),
    Word(r"hello", "ready message", (CODE, COMMENT)),
    Word(r"tells?|told|telling", "says, reports, returns"),
    Word(r"int (?:r|rc|ret|err|error|result)(?= =|;|,)", "int status", (CODE,), files=r"lib/|services/"),
]

C_PARTS = re.compile(r'(?P<comment>/\*.*?\*/|//[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
                     r'|(?P<code>(?:[^"\'/]|/(?![*/]))+)', re.S)
PYTHON_PARTS = re.compile(r'(?P<comment>#[^\n]*|(?<=[:\n])\s*"""(?:\\.|[^\\])*?""")'
                          r'|(?P<string>"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')'
                          r'|(?P<code>[^"\'#]+)', re.S)


def parts(name, text):
    """(kind, where it begins, text) of a file."""
    if name.endswith((".c", ".h")):
        pattern = C_PARTS
    elif name.endswith(".py"):
        pattern = PYTHON_PARTS
    else:
        yield COMMENT, 0, text
        return
    for match in pattern.finditer(text):
        yield match.lastgroup, match.start(), match[0]


def is_include(text, start):
    """A header's name is right where the header is."""
    return text.rfind("\n", 0, start) + 1 == text.rfind("#include", 0, start)


def glossary_removed(name, text):
    """CONTRIBUTING.md names the words that it does not want."""
    if name != "CONTRIBUTING.md":
        return text
    return re.sub(r"(?ms)^## Words$.*?(?=^## )", lambda match: "\n" * match[0].count("\n"), text)


def files():
    return [name for name in sources.tracked() if not name.startswith(NOT_OURS)
            and (name.endswith((".c", ".h", ".py", *PROSE)) or name in SCRIPTS)]


def search(word, name, text):
    """Lines "file:line: word -> use"."""
    pattern = re.compile(rf"(?<![A-Za-z])(?:{word.found})(?![A-Za-z])", re.I)
    allowed = re.compile(word.allowed, re.I) if word.allowed else None
    text = glossary_removed(name, text)
    for kind, start, part in parts(name, text):
        if kind not in word.kinds or (kind == STRING and is_include(text, start)):
            continue
        spans = [match.span() for match in allowed.finditer(part)] if allowed else []
        for match in pattern.finditer(part):
            if not any(begin <= match.start() and match.end() <= end for begin, end in spans):
                line = text.count("\n", 0, start + match.start()) + 1
                yield f"{name}:{line}: {match[0]} -> {word.use}"


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.found)
def test_word(word):
    """None of these is used for what the glossary has another word for."""
    found = [line for name in files() if re.match(word.files, name)
             for line in search(word, name, sources.text(name))]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("name, text, count", [
    ("a.c", "int way; /* by the way */\n", 1), ("a.c", "/* the long way\n */", 1),
    ("a.c", 'f("a picture"); /* a picture */', 1), ("a.c", "struct short_way ways;", 3),
    ("a.c", "firewall(); wall_s = 1; /* a wall */", 1), ("a.md", "down, across, a way", 0),
    ("a.py", 'x = "hello" # hello', 1), ("a.c", "shut_down(); down = 1;", 1),
    ("a.c", '#include "a/picture.h"', 0), ("a.md", "the cage tells strangers", 3),
])
def test_words_are_found(name, text, count):
    """The search itself, on a line each."""
    assert len([line for word in WORDS if re.match(word.files, name)
                for line in search(word, name, text)]) == count
