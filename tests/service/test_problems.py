# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""GET /problems/NAME: what the types of problems mean, on both servers."""
import re

import pytest

from samples import files
from support.clients import curl
from support.programs import ROOT

TYPES = re.findall(r"^\| \d+[\d, ]* \| `/problems/([a-z-]+)`", (ROOT / "docs/http.md").read_text(), re.M)


@pytest.fixture(params=["gateway", "scale_server"])
def server(request):
    """Each of the two shared servers."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("name", TYPES)
def test_each_type_is_explained(server, name):
    """Every type of docs/http.md can be fetched, as text and as HTML, and says what to do."""
    text = curl(server.url(f"/problems/{name}"))
    assert text.status == 200 and text.media_type == "text/plain"
    assert name in text.body.decode() and "What to do: " in text.body.decode()
    html = curl(server.url(f"/problems/{name}"), "-H", "Accept: application/xml,;q=1 , TEXT/HTML;q=0.9")
    assert html.status == 200 and html.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<title>{name}</title>" in html.body.decode() and "`" not in html.body.decode()
    assert html.headers["content-security-policy"].startswith("default-src 'none'")
    for reply in (text, html):
        assert reply.headers["vary"] == "Accept"
        assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("accept", ["*/*", "text/*", "text/html;q=0", "text/html;q=0.00, text/plain", "a/text/html"])
def test_text_unless_html_is_named(server, accept):
    """Ranges name no HTML, and a weight of 0 refuses it."""
    assert curl(server.url("/problems/overloaded"), "-H", f"Accept: {accept}").media_type == "text/plain"


@pytest.mark.parametrize("name", ["nothing", "", "overloaded/", "ok", "client-gone", "Overloaded", "%00", "a/b"])
def test_no_such_problem(server, name):
    """Another name is 404."""
    reply = curl(server.url(f"/problems/{name}"))
    assert reply.status == 404 and reply.json()["type"] == "/problems/not-found"


def test_type_of_a_problem_can_be_fetched(server):
    """The type is the path of its explanation; HEAD has the same fields without a body."""
    problem = curl(server.url("/scale?scale=2"), body=files.jpeg()).json()
    reply = curl(server.url(problem["type"]))
    assert reply.status == 200 and problem["title"] in reply.body.decode()
    head = curl(server.url(problem["type"]), "--head")
    assert head.body == b"" and head.headers["content-length"] == reply.headers["content-length"]
    assert curl(server.url(problem["type"]), "-X", "DELETE").status == 405
