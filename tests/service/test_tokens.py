# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Tokens for image requests, and browsers that act for foreign pages."""
import pytest

from samples import files
from support.clients import Client, RawConnection, curl, request_head
from support.programs import GATEWAY, SCALE, run
from test_http import assert_problem

BODY = files.jpeg(64, 48)
GOOD, OTHER, SCALES = "good-token_1", "other+token/=", "token-of-the-scale-server"
IMAGE_PATHS = ["/gray", "/scale", "/image", "/info", "/resize?width=9", "/crop?width=9", "/thumbnail?width=9"]
PAGE = "https://photos.example:8443"
EXPOSED = "Image-Width, Image-Height, Server-Timing, X-Request-Id, Retry-After"


def write_tokens(folder, name, *lines, mode=0o640):
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    path.chmod(mode)
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tokens")


@pytest.fixture(scope="module")
def scale(fleet, folder):
    return fleet.scale(auth__tokens_file=write_tokens(folder, "scale", SCALES),
                       cors__origins=[PAGE])


@pytest.fixture(scope="module")
def gateway(fleet, folder, scale):
    return fleet.gateway(scale, auth__tokens_file=write_tokens(folder, "gateway", "# ours", GOOD, OTHER),
                         scale__token_file=write_tokens(folder, "upstream", SCALES),
                         cors__origins=[PAGE, "http://localhost:3000"])


@pytest.mark.parametrize("path", IMAGE_PATHS)
def test_each_place_for_it(gateway, path):
    """Authorization, API-Key, or key= in the query, in any case and encoding; through the scale server,
    which has tokens of its own, as well."""
    join = "&" if "?" in path else "?"
    with Client(gateway) as client:
        for query, fields in (("", {"Authorization": f"Bearer {GOOD}"}), ("", {"API-Key": OTHER}),
                              ("", {"authorization": f"bearer   {OTHER} "}), (f"key={GOOD}", {}),
                              ("key=good%2Dtoken_1", {}), (f"key={OTHER.replace('+', '%2B')}", {}),
                              (f"key=&key={GOOD}", {}), ("key=wrong", {"API-Key": GOOD}),
                              (f"key={GOOD}", {"Authorization": "Basic eDp5"}),
                              (f"key={GOOD}", {"API-Key": ""})):
            reply = client.post(f"{path}{join}{query}" if query else path, BODY, fields)
            assert reply.status == 200, (query, fields, reply.body)


@pytest.mark.parametrize("query, fields", [
    ("", {}), ("?key=", {}), ("?key=good-token_", {}), ("?key=good-token_11", {}), ("?key=Good-Token_1", {}),
    (f"?key={GOOD}", {"API-Key": "wrong"}), (f"?key={GOOD}", {"Authorization": "Bearer wrong"}),
    ("", {"Authorization": GOOD}), ("", {"Authorization": f"Bearer {GOOD} {GOOD}x" * 30}),
    ("", {"Authorization": "Bearer"}), ("", {"Authorization": "Bearer ", "API-Key": GOOD}),
    ("", {"API-Key": f"{GOOD},{OTHER}"}), ("", {"API-Key": "x" * 5000}), (f"?key={SCALES}", {}),
    (f"?key=wrong&key={GOOD}", {})])
def test_refused(gateway, query, fields):
    """Anything else is 401, on every image path, with the body thrown away and the connection kept."""
    with Client(gateway) as client:
        for path in ("/", "/scale", "/resize"):
            reply = client.post(path + query, BODY, fields)
            assert_problem(reply, 401, "unauthorized")
            assert reply.headers["www-authenticate"].startswith('Bearer realm="grisaille"')
        assert client.post("/", BODY, {"API-Key": GOOD}).status == 200


def test_never_in_a_form(gateway):
    done = curl(gateway.url("/gray"), "-F", f"key={GOOD}", "-F", "file=@-;filename=x", body=None)
    assert done.status == 401


def test_before_the_body(gateway):
    """No 100 Continue, not one byte read; a fault of the path or the method comes first."""
    with RawConnection(gateway) as raw:
        raw.send(request_head("POST", "/gray", 1 << 20, "Expect: 100-continue"))
        reply = raw.read_reply()
        assert_problem(reply, 401, "unauthorized")
        assert reply.interim == [] and raw.ends()
    assert curl(gateway.url("/gray"), "-X", "DELETE").status == 405
    assert curl(gateway.url("/none"), body=BODY).status == 404
    assert curl(gateway.url("/gray?quality=x"), body=BODY).status == 401


@pytest.mark.parametrize("path", ["/healthz", "/health", "/readyz", "/readyz?require=scale"])
def test_not_asked_for(gateway, scale, path):
    assert curl(gateway.url(path)).status == 200
    assert curl(scale.url(path.partition("?")[0])).status == 200
    assert curl(gateway.url("/")).status == 200
    assert curl(gateway.url("/gray"), "-X", "OPTIONS").status == 204


def test_not_logged_and_not_passed_on(gateway, scale):
    """The gateway's tokens are in no log and reach no other server."""
    for path in ("/scale", "/resize?width=9"):
        join = "&" if "?" in path else "?"
        assert curl(gateway.url(f"{path}{join}key={GOOD}&x"), body=BODY).status in (200, 400)
        assert curl(gateway.url(path), "-H", f"Authorization: Bearer {GOOD}", body=BODY).status == 200
    for word in (GOOD, OTHER, SCALES):
        assert word not in gateway.log() and word not in scale.log()


def test_wrong_token_of_the_gateway(own, folder, scale):
    """The client cannot help it: 502."""
    server = own.gateway(scale)
    assert_problem(curl(server.url("/scale"), body=BODY), 502, "scale-unavailable")


@pytest.mark.parametrize("key", ["auth.tokens_file", "scale.token_file"])
@pytest.mark.parametrize("lines, mode, says", [
    (["secret"], 0o644, "everyone"), (["secret"], 0o604, "everyone"), ([""], 0o600, "at least one"),
    (["two words"], 0o600, "line 1")])
def test_wrong_files(tmp_path, key, lines, mode, says):
    """A wrong file is a wrong configuration: exit code 2 and one line with the key, for -C too."""
    path = write_tokens(tmp_path, "tokens", *lines, mode=mode)
    section, name = key.split(".")
    config = tmp_path / "config.json"
    config.write_text(f'{{"{section}": {{"{name}": "{path}"}}}}')
    for flags in (["-C"], []):
        done = run(GATEWAY, "--config", config, *flags)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done
        assert key in done.stderr and says in done.stderr and lines[0] not in done.stderr.replace(says, "") or not lines[0]
    if section == "auth":
        assert run(SCALE, "--config", config, "-C").returncode == 2


CROSS = {"Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize("path", IMAGE_PATHS)
def test_cross_site(gateway, path):
    """A page of another site makes no images, token or not; other pages and programs do."""
    with Client(gateway) as client:
        for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"},
                       {"Origin": f"{PAGE}1"}, {"Origin": "https://photos.example"}):
            reply = client.post(path, BODY, {**CROSS, **origin, "API-Key": GOOD})
            assert_problem(reply, 403, "forbidden")
            assert reply.headers["cross-origin-resource-policy"] == "same-origin"
            assert not [name for name in reply.headers if name.startswith("access-control-")]
        for site in ("same-origin", "same-site", "none", "x"):
            reply = client.post(path, BODY, {"Sec-Fetch-Site": site, "API-Key": GOOD})
            assert reply.status == 200
            assert reply.headers["cross-origin-resource-policy"] == "same-origin"


def assert_shared(reply, origin=PAGE):
    assert reply.headers["access-control-allow-origin"] == origin
    assert reply.headers["access-control-expose-headers"] == EXPOSED
    assert "Origin" in reply.headers["vary"]
    assert "cross-origin-resource-policy" not in reply.headers


@pytest.mark.parametrize("fields", [CROSS, {}, {"Sec-Fetch-Site": "same-site"}], ids=["cross", "none", "same"])
def test_listed_origin(gateway, fields):
    """Pages of a listed origin read answers and errors, whatever Sec-Fetch-Site says."""
    with Client(gateway) as client:
        fields = {**fields, "Origin": PAGE}
        for path, body, token, status in (
                ("/gray", BODY, GOOD, 200), ("/scale", BODY, GOOD, 200), ("/gray", BODY, "wrong", 401),
                ("/gray?x=1", BODY, GOOD, 400), ("/gray", b"text" * 50, GOOD, 415),
                ("/none", BODY, GOOD, 404)):
            reply = client.post(path, body, {**fields, "API-Key": token})
            assert reply.status == status
            assert_shared(reply)
        for body, status in ((BODY, 200), (b"text" * 50, 415)):
            reply = client.post("/image?format=auto", body, {**fields, "API-Key": GOOD, "Accept": "image/webp"})
            assert (reply.status, reply.headers["vary"]) == (status, "Accept, Origin")
        assert_shared(client.request("GET", "/healthz", headers={**fields, "Origin": "http://localhost:3000"}),
                      "http://localhost:3000")


def test_errors_beside_the_library(gateway):
    """What is written past the library has the fields as well."""
    for origin, check in ((PAGE, True), ("https://evil.example", False)):
        with RawConnection(gateway) as raw:
            raw.send(request_head("POST", "/gray", None, f"Origin: {origin}", f"API-Key: {GOOD}",
                                  "Transfer-Encoding: chunked") + b"zz\r\n")
            reply = raw.read_reply()
            assert reply.status == 400
            if check:
                assert_shared(reply)
            else:
                assert reply.headers["cross-origin-resource-policy"] == "same-origin"


def test_preflight(gateway):
    """It needs no token, and allows what our API needs; a foreign one is allowed nothing."""
    asks = {"Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type", **CROSS}
    with Client(gateway) as client:
        for path in ("/", "/image", "/resize"):
            reply = client.request("OPTIONS", path, headers={**asks, "Origin": PAGE})
            assert reply.status == 204 and reply.body == b""
            assert_shared(reply)
            assert {"POST", "PUT"} <= set(reply.headers["access-control-allow-methods"].split(", "))
            assert {"Authorization", "API-Key", "Content-Type"} <= set(
                reply.headers["access-control-allow-headers"].split(", "))
            reply = client.request("OPTIONS", path, headers={**asks, "Origin": "https://evil.example"})
            assert reply.status == 403
            assert not [name for name in reply.headers if name.startswith("access-control-")]
        reply = client.request("OPTIONS", "/image", headers={"Origin": PAGE})
        assert reply.status == 204 and "access-control-allow-methods" not in reply.headers


def test_pages_and_health_checks_are_no_images(gateway):
    """A link from another site to GET / works."""
    with Client(gateway) as client:
        for path in ("/", "/healthz"):
            assert client.request("GET", path, headers=CROSS).status == 200


def test_without_origins(own):
    """By default there are no CORS fields, and answers do not vary."""
    server = own.scale()
    reply = curl(server.url("/scale"), "-H", f"Origin: {PAGE}", body=BODY)
    assert reply.status == 200 and "vary" not in reply.headers
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"
    assert curl(server.url("/scale"), "-H", "Sec-Fetch-Site: cross-site", body=BODY).status == 403


@pytest.mark.parametrize("origin", ["photos.example", "https://photos.example/", "ftp://x", "*", "null", "https://a.b/c"])
def test_wrong_origins(tmp_path, origin):
    config = tmp_path / "config.json"
    config.write_text(f'{{"cors": {{"origins": ["{origin}"]}}}}')
    done = run(SCALE, "--config", config, "-C")
    assert done.returncode == 2 and "cors.origins" in done.stderr
