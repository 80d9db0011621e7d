# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""GET / of the gateway: a page for those who name text/html, text for all others. What the page does in a
browser is tests/browser/."""
import base64
import hashlib
import html
import html.parser
import os
import re
import subprocess

import pytest

from samples import files
from support.clients import curl

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def get(server, accept=BROWSER, *arguments):
    return curl(server.url("/"), "-H", f"Accept: {accept}", *arguments)


class Controls(html.parser.HTMLParser):
    """name: [(tag, attributes)] of the form's controls; all attributes that browsers fetch."""

    def __init__(self, page):
        super().__init__()
        self.found, self.ids, self.links = {}, [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("input", "select") and attributes.get("name"):
            self.found.setdefault(attributes["name"], []).append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes[name] for name in ("src", "href", "action") if name in attributes]


def test_page_or_text(gateway):
    """The page is HTML and varies by Accept; without text/html in it there are curl lines."""
    page = get(gateway)
    assert page.status == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.body.startswith(b"<!doctype html>") and page.body.endswith(b"</html>\n")
    for accept in ("*/*", "text/plain", "text/html;q=0", "image/webp"):
        text = get(gateway, accept)
        assert text.media_type == "text/plain" and b"curl" in text.body
        assert text.headers["vary"] == page.headers["vary"] == "Accept"
    head = get(gateway, BROWSER, "--head")
    assert head.body == b"" and head.headers["content-length"] == str(len(page.body))


def test_switched_off(own):
    """page.enabled: false leaves the text alone."""
    gateway = own.gateway(page__enabled=False)
    assert get(gateway).media_type == "text/plain"
    assert gateway.configuration()["page"] == {"enabled": False}


def test_policy(gateway):
    """Nothing but the page's own style and script, named by the hash of what stands in it."""
    page = get(gateway)
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives == {
        "default-src": "'none'", "img-src": "blob: data:", "connect-src": "'self'", "form-action": "'self'",
        "base-uri": "'none'", "frame-ancestors": "'none'", "script-src": directives["script-src"],
        "style-src": directives["style-src"]}
    for tag in ("script", "style"):
        content, = re.findall(rf"<{tag}>(.*?)</{tag}>".encode(), page.body, re.S)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert directives[f"{tag}-src"] == f"'sha256-{digest}'"


def test_nothing_foreign(gateway):
    """No absolute URL, no style or handler of an element, no identifier twice."""
    page = get(gateway).body.decode()
    assert "://" not in page and not re.search(r"""["'(]//""", page)
    assert "{{" not in page and not re.search(r"<[^>]* (?:style|on\w+)=", page)
    controls = Controls(page)
    assert all(link.startswith(("/", "data:")) for link in controls.links)
    assert len(set(controls.ids)) == len(controls.ids)


def test_scheme_of_the_curl_lines(own):
    """https where a trusted proxy says so, and nobody else."""
    for proxies, proto, scheme in (([], "https", "http"), (["127.0.0.0/8"], "https", "https"),
                                   (["127.0.0.0/8"], "http", "http"), (["127.0.0.0/8"], "HTTPS", "https"),
                                   (["127.0.0.0/8"], "javascript", "http")):
        server = own.gateway(trusted_proxies=proxies)
        text = curl(server.url("/"), "-H", f"X-Forwarded-Proto: {proto}", "-H", "Host: example.org").body.decode()
        assert f"'{scheme}://example.org/info'" in text and text.count("://") == 4


def test_controls_are_the_parameters(gateway):
    """Each parameter has a control with its values, and there is no other."""
    controls = Controls(get(gateway).body.decode()).found
    document = curl(gateway.url("/openapi.json")).json()
    assert [tag for tag, _ in controls.pop("image")] == ["input"]
    names = [reference["$ref"].rpartition("/")[2] for reference in document["paths"]["/image"]["parameters"]]
    parameters = document["components"]["parameters"]
    assert set(controls) == {name for name in names if parameters[name]["in"] == "query"} - {"key"} # which does nothing
    for name, found in controls.items():
        schema = document["components"]["schemas"][name]
        attributes = found[0][1]
        if attributes.get("type") == "number":
            assert float(attributes["max"]) == schema["maximum"]
            assert float(attributes["min"]) == schema.get("minimum", schema.get("exclusiveMinimum"))
        elif attributes.get("type") == "text":
            assert attributes["pattern"] == schema["pattern"]
        elif found[0][0] == "input":
            values = {one["value"] for _, one in found} - {""}
            assert values and values <= set(schema["enum"])
            assert set(schema["enum"]) - values <= {schema.get("default", "none")} # of gray, at /image


def test_limits_are_the_gateways_own(own):
    """The largest side that can be asked for is the configured one."""
    controls = Controls(get(own.gateway(limits__max_side=321)).body.decode()).found
    assert controls["width"][0][1]["max"] == controls["height"][0][1]["max"] == "321"


def test_form_without_scripts(gateway):
    """The form, as a browser posts it when nothing is changed, is answered with the image."""
    page = get(gateway).body.decode()
    assert '<form id="form" action="/image" method="post" enctype="multipart/form-data"' in page
    parts = [("gray", "luma")] + [(name, "") for name in Controls(page).found if name != "image"]
    body = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts)
    body = body.encode() + b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    reply = curl(gateway.url("/image"), "-H", "Content-Type: multipart/form-data; boundary=x",
                 body=body + files.jpeg(40, 30) + b"\r\n--x--\r\n")
    assert reply.status == 200 and files.decode(reply.body).mode == "L"


def test_no_form_where_images_need_a_token(own, tmp_path):
    """A form cannot send a token: there is nothing to post it with, and without scripts a curl line that works."""
    tokens = tmp_path / "tokens"
    tokens.write_text("s3cret\n")
    tokens.chmod(0o640)
    gateway = own.system(auth__tokens_file=str(tokens))
    page = get(gateway).body.decode()
    assert not re.search(r"action=|method=|enctype=|type=\"submit\"", page) and "{{" not in page
    without, = re.findall(r"<noscript>(.*?)</noscript>", page, re.S)
    line = html.unescape(re.search(r"<pre>(.*?)</pre>", without, re.S)[1])
    (tmp_path / "photo.jpg").write_bytes(files.jpeg(640, 480))
    subprocess.run(line, shell=True, cwd=tmp_path, check=True, capture_output=True,
                   env={**os.environ, "no_proxy": "*", "TOKEN": "s3cret"})
    assert files.decode((tmp_path / "small.jpg").read_bytes()).size == (512, 384)
