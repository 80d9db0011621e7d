# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""GET /openapi.json: valid, and true. Every documented operation, parameter, value and bound is tried at
the server that documents it."""
import functools
import json
import pathlib
import re
import urllib.parse

import jsonschema
import pytest

from samples import files
from support.clients import Client, curl

# https://spec.openapis.org/oas/3.1/schema/2022-10-07, Apache-2.0.
META_SCHEMA = json.loads((pathlib.Path(__file__).parent / "openapi-3.1-schema.json").read_text())
# A PNG: `lossless` means nothing of it, so that every parameter can stand alone.
PHOTO = files.encode(files.image(64, 48), "PNG")
# What imaginary's operations need besides what they say is required: a size, or a sigma.
IMAGINARY_NEEDS = {"width": "40", "height": "30", "areawidth": "20", "areaheight": "20", "rotate": "90",
                   "factor": "1", "sigma": "0.5"}
TEXTS = {"key": "any", "field": "file"} # these take any
IMAGINARY_WORDS = {"type": "png", "gravity": "north", "extend": "white", "colorspace": "bw", "field": "file"}


@pytest.fixture(params=["gateway", "scale_server"])
def server(request):
    """Each of the two shared servers."""
    return request.getfixturevalue(request.param)


@functools.cache
def fetch(server):
    reply = curl(server.url("/openapi.json"))
    assert reply.status == 200 and reply.media_type == "application/json"
    return reply.json()


@pytest.fixture
def document(server):
    return fetch(server)


def resolve(document, item):
    """Follows "$ref"."""
    while "$ref" in item:
        target = document
        for name in item["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        item = target
    return item


def operations(document):
    """(path, method, operation, {name: parameter of the query})"""
    for path, item in document["paths"].items():
        for method in ("get", "post", "put"):
            if method in item:
                listed = item.get("parameters", []) + item[method].get("parameters", [])
                found = [resolve(document, parameter) for parameter in listed]
                yield path, method, item[method], {parameter["name"]: parameter for parameter in found
                                                   if parameter["in"] == "query"}


def image_operations(document):
    """Those of our own parameters."""
    return [one for one in operations(document) if "images" in one[2]["tags"]]


def imaginary_operations(document):
    return [one for one in operations(document) if "imaginary" in one[2]["tags"] and "200" in one[2]["responses"]]


def accepted(name, schema):
    """Values that a parameter takes, of all kinds that it has."""
    if name in TEXTS:
        return [TEXTS[name]]
    if "enum" in schema:
        return schema["enum"]
    if schema["type"] in ("integer", "number") and "maximum" in schema:
        return [str(schema.get("minimum", 0.01)), str(schema["maximum"])]
    return schema["examples"]


def refused(name, schema):
    """Values just beyond."""
    if name in TEXTS:
        return []
    if "enum" in schema:
        return [schema["enum"][0] + "x", "45"]
    if schema["type"] == "integer":
        return [str(schema["minimum"] - 1), str(schema["maximum"] + 1), f"{schema['maximum']}.5"]
    if schema["type"] == "number":
        least = schema.get("exclusiveMinimum", schema.get("minimum", 0) - 0.001)
        return [str(least), str(schema["maximum"] + 0.001)]
    return ["~"]


def ask(server, method, path, query=None, body=PHOTO):
    with Client(server) as client:
        return client.request(method.upper(), path + ("?" + urllib.parse.urlencode(query) if query else ""), body)


def check_documented(document, operation, reply):
    """Status, media type and headers are among what the operation says of its answers."""
    response = operation["responses"].get(str(reply.status), operation["responses"]["default"])
    response = resolve(document, response)
    assert reply.media_type in response["content"], reply.body[:300]
    assert {name.lower() for name in response["headers"] if name != "Retry-After"} <= set(reply.headers)
    schema = response["content"][reply.media_type].get("schema", {})
    if reply.media_type.endswith("json"):
        jsonschema.validate(reply.json(), resolve(document, schema))


def test_valid(document):
    """By the schema of OpenAPI 3.1; each reference leads somewhere; each parameter's schema is one."""
    jsonschema.Draft202012Validator(META_SCHEMA).validate(document)
    assert document["openapi"].startswith("3.1.")
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
        assert resolve(document, {"$ref": reference}) is not None
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    identifiers = [operation["operationId"] for _, _, operation, _ in operations(document)]
    assert len(set(identifiers)) == len(identifiers)


def test_reports(server, document):
    """Every GET answers as documented; /problems/{name} for each of its names."""
    for path, method, operation, _ in operations(document):
        if method != "get":
            continue
        for name in resolve(document, {"$ref": "#/components/parameters/problem-name"})["schema"]["enum"]:
            reply = ask(server, method, path.replace("{name}", name), body=None)
            assert reply.status == 200
            check_documented(document, operation, reply)
            if "{name}" not in path:
                break


def test_header_fields(server, document):
    """Each documented field of a request is taken with a value that its schema allows, and only image requests
    have a deadline and a trace of the caller's."""
    values = {"X-Request-Id": "a-1", "X-Deadline-Ms": "9000",
              "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
    schemas = {}
    for path, item in document["paths"].items():
        for method in ("get", "post"):
            if method not in item:
                continue
            listed = item.get("parameters", []) + item[method].get("parameters", [])
            fields = {one["name"]: one["schema"] for one in (resolve(document, parameter) for parameter in listed)
                      if one["in"] == "header"}
            assert set(fields) == (set(values) if method == "post" else {"X-Request-Id"}), path
            schemas |= fields
    for name, schema in schemas.items():
        assert re.search(schema.get("pattern", ""), values[name])
    with Client(server) as client:
        reply = client.request("POST", "/gray", PHOTO, values)
    assert reply.status == 200 and reply.headers["x-request-id"] == "a-1"


def test_bodies(server, document):
    """Every operation that takes a body takes the image alone, and as a form's file."""
    head = '--x\r\nContent-Disposition: form-data; name="%s"; filename="a"\r\n\r\n'
    for path, method, operation, parameters in operations(document):
        if method == "get" or "200" not in operation["responses"]:
            continue
        query = {**IMAGINARY_NEEDS, "type": "png"} if "imaginary" in operation["tags"] else {}
        if "operations" in parameters:
            query = {"operations": '[{"operation":"flip"}]'}
        content = resolve(document, operation["requestBody"])["content"]
        assert {"image/png", "image/heic", "multipart/form-data"} <= set(content)
        field, = content["multipart/form-data"]["schema"]["required"]
        assert ask(server, method, path, query).status == 200
        with Client(server) as client:
            form = (head % field).encode() + PHOTO + b"\r\n--x--\r\n"
            reply = client.request(method.upper(), f"{path}?{urllib.parse.urlencode(query)}", form,
                                   {"Content-Type": "multipart/form-data; boundary=x"})
        assert reply.status == 200, reply.body
        check_documented(document, operation, reply)


def test_every_value_is_accepted(server, document):
    """Each enum value, each bound and each example of each parameter, on each path of ours."""
    for path, method, operation, parameters in image_operations(document):
        assert len(parameters) >= 23
        for name, parameter in parameters.items():
            schema = resolve(document, parameter["schema"])
            values = accepted(name, schema)
            if method == "put":
                values = values[:1]
            for value in values:
                assert "pattern" not in schema or re.search(schema["pattern"], value)
                reply = ask(server, method, path, {name: value})
                assert reply.status == 200, (path, name, value, reply.body[:300])
                check_documented(document, operation, reply)


def test_defaults(server, document):
    """A value that is documented as the default gives what the request without it gives."""
    seen = 0
    for path, method, operation, parameters in image_operations(document):
        if method == "put" or path == "/info":
            continue
        plain = ask(server, method, path)
        for name, parameter in parameters.items():
            schema = resolve(document, parameter["schema"])
            if "default" in schema:
                assert ask(server, method, path, {name: schema["default"]}).body == plain.body, (path, name)
                seen += 1
    assert seen > 20
    _, _, _, parameters = next(one for one in image_operations(document) if one[0] == "/info")
    assert {"key", "field"} <= set(parameters)


@pytest.mark.parametrize("name, taken, not_taken", [
    ("gravity", ["0.25,5E-1", "5e-1,.5", "1.,0", "+1,-0", "1e+0,0e9"],
     ["0..5,1", "e,1", "1,-", "0,5e", "0.1.1,1", "--0,0"]),
    ("crop", ["-1,-2,30,40", "pct:-1.5,+2,5E1,.5e2", "pct:0,0,+50,50."],
     ["+1,0,9,9", "1.,0,9,9", "pct:--1,0,9,9", "pct:-+1,0,9,9", "pct:e,0,9,9", "pct:0,0,9-,9", "pct:0,0,-9,9"]),
])
def test_patterns(server, document, name, taken, not_taken):
    """A pattern takes what the server takes, and nothing that it refuses however large the image is."""
    pattern = document["components"]["schemas"][name]["pattern"]
    for value in taken + not_taken:
        assert bool(re.search(pattern, value)) == (value in taken), value
        assert (ask(server, "post", "/image", {name: value}).status == 200) == (value in taken), value


def test_every_bound_refuses(server, document):
    """One beyond each bound, and a word that is in no list, is 400 that names the parameter."""
    for path, method, operation, parameters in image_operations(document):
        for name, parameter in parameters.items():
            schema = resolve(document, parameter["schema"])
            for value in refused(name, schema):
                assert "pattern" not in schema or not re.search(schema["pattern"], value)
                reply = ask(server, method, path, {name: value})
                assert reply.status == 400 and f"'{name}'" in reply.json()["detail"], (path, name, value)
                check_documented(document, operation, reply)


def test_fields_of_forms(server, document):
    """A form takes what the query takes, as its schema says."""
    content = resolve(document, {"$ref": "#/components/requestBodies/image"})["content"]
    for name, schema in content["multipart/form-data"]["schema"]["properties"].items():
        if name == "image":
            continue
        value = accepted(name, resolve(document, schema))[0]
        part = f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        body = part + b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + PHOTO
        reply = curl(server.url("/image"), "-H", "Content-Type: multipart/form-data; boundary=x",
                     body=body + b"\r\n--x--\r\n")
        assert reply.status == 200, (name, value, reply.body)


def imaginary_value(name, schema):
    if name in IMAGINARY_NEEDS:
        return IMAGINARY_NEEDS[name]
    if "pattern" in schema:
        return "10,20,30" if re.search(schema["pattern"], "10,20,30") else "4:3"
    return IMAGINARY_WORDS.get(name, {"integer": "7", "number": "0.5", "boolean": "true"}.get(schema["type"]))


def test_imaginarys_parameters(server, document):
    """Each parameter of each of imaginary's operations is taken; a value of another type is 400."""
    for path, method, operation, parameters in imaginary_operations(document):
        if "operations" in parameters or method == "put":
            continue
        needed = {name: imaginary_value(name, resolve(document, parameter["schema"]))
                  for name, parameter in parameters.items() if parameter.get("required") or name in IMAGINARY_NEEDS}
        for name, parameter in parameters.items():
            schema = resolve(document, parameter["schema"])
            reply = ask(server, method, path, {**needed, name: imaginary_value(name, schema)})
            assert reply.status == 200, (path, name, reply.body)
            check_documented(document, operation, reply)
            if schema["type"] != "string":
                reply = ask(server, method, path, {**needed, name: "~"})
                assert reply.status == 400 and name in reply.json()["detail"]
                check_documented(document, operation, reply)
            if "maximum" in schema:
                assert ask(server, method, path, {**needed, name: schema["maximum"] + 1}).status == 400
        for name in [name for name, parameter in parameters.items() if parameter.get("required")]:
            rest = {other: value for other, value in needed.items() if other != name}
            assert ask(server, method, path, rest).status == 400, (path, name)


def test_pipeline(server, document):
    """Every operation that a pipeline may have is known; one too many is 400."""
    schema = document["components"]["parameters"]["imaginary-operations"]["content"]["application/json"]["schema"]
    needs = {name: float(value) for name, value in IMAGINARY_NEEDS.items()}
    for name in schema["items"]["properties"]["operation"]["enum"]:
        steps = [{"operation": name, "params": {**needs, "type": "png"}}]
        reply = ask(server, "post", "/pipeline", {"operations": json.dumps(steps)})
        assert reply.status == (501 if name.startswith("watermark") else 200), reply.body
    for count, status in ((schema["minItems"], 200), (schema["maxItems"], 200), (schema["maxItems"] + 1, 400)):
        steps = json.dumps([{"operation": "flip"}] * count)
        assert ask(server, "post", "/pipeline", {"operations": steps}).status == status


def test_paths_are_complete(server, document):
    """No path that docs/http.md names for this server is missing, and another is 404."""
    paths = {"/image", "/gray", "/scale", "/info", "/pipeline", "/resize", "/health", "/healthz", "/readyz",
             "/openapi.json", "/problems/{name}"} | ({"/"} if "gateway" in document["info"]["title"] else set())
    assert paths <= set(document["paths"])
    for path in document["paths"]:
        assert ask(server, "delete", path.replace("{name}", "internal"), body=None).status == 405, path


def send_token(scheme, token):
    """(query, fields) of a request with the token where the scheme says."""
    if scheme["type"] == "http":
        return {}, {"Authorization": f"{scheme['scheme'].capitalize()} {token}"}
    return ({scheme["name"]: token}, {}) if scheme["in"] == "query" else ({}, {scheme["name"]: token})


@pytest.mark.parametrize("kind", ["gateway", "scale"])
def test_tokens(own, tmp_path, kind):
    """With tokens every image request needs one, in one of the documented places; nothing else does. Without
    them the document does not mention any."""
    tokens = tmp_path / "tokens"
    tokens.write_text("one\n")
    tokens.chmod(0o640)
    server = getattr(own, kind)(auth__tokens_file=str(tokens))
    document = fetch(server)
    jsonschema.Draft202012Validator(META_SCHEMA).validate(document)
    schemes = document["components"]["securitySchemes"]
    assert len(schemes) == 3
    for path, method, operation, _ in operations(document):
        assert ("security" in operation) == ("401" in operation["responses"]) == (method != "get")
        if method == "get":
            assert ask(server, method, path.replace("{name}", "internal"), body=None).status != 401
            continue
        assert operation["security"] == [{name: []} for name in schemes]
        reply = ask(server, method, path)
        assert reply.status == 401
        check_documented(document, operation, reply)
        for scheme in schemes.values() if path in ("/info", "/resize") else []:
            query, fields = send_token(scheme, "one")
            with Client(server) as client:
                target = f"{path}?{urllib.parse.urlencode({'width': 9, **query})}"
                status = client.request(method.upper(), target, PHOTO, fields).status
            assert status == (502 if kind == "gateway" and path == "/resize" else 200)


def test_without_tokens(document):
    text = json.dumps(document["paths"]) + json.dumps(document["components"]["responses"])
    assert "securitySchemes" not in document["components"] and '"401"' not in text and '"403"' in text


def test_limits_are_the_servers_own(own):
    """What is configured is documented: sides, factors, formats."""
    scale = own.scale(limits__max_side=300, scale__max=0.5, scale__default=0.25, input__formats=["png", "gif"])
    document = fetch(scale)
    schemas = document["components"]["schemas"]
    assert schemas["width"]["maximum"] == schemas["height"]["maximum"] == 300
    assert schemas["scale"]["maximum"] == 0.5
    assert set(document["components"]["requestBodies"]["image"]["content"]) == {
        "image/png", "image/gif", "multipart/form-data"}
    for name, value, status in (("width", 300, 200), ("width", 301, 400), ("scale", 0.5, 200), ("scale", 0.51, 400)):
        assert ask(scale, "post", "/image", {name: value}).status == status
