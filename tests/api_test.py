#!/usr/bin/env python3
"""api_test.py - the document of the API (port/serve/openapi.json) beside what the server does.

    table of routes (web_route.c), table of problems (web_answer.c) <--> paths, schemas
    answers of a server <--> the statuses and schemas of each operation

Each status of each operation is provoked here; one that is not, and an answer that the document
does not know, is an error. Last line: "api: N passed, N failed".

SPDX-License-Identifier: MIT
"""
import gzip
import json
import os
import re
import shutil
import socket

from server import TOKEN, Server, path, problem, suite, token_file

with open("port/serve/openapi.json", encoding="utf-8") as source:
    DOCUMENT = json.load(source)


def rows(name, pattern):
    with open("port/serve/" + name, encoding="utf-8") as f:
        return re.findall(pattern, f.read())


def routes():
    """(method, path with names, route's flags)"""
    named = {re.sub(r"{\w+}", "{}", p): p for p in DOCUMENT["paths"]}
    table = rows("web_route.c", r'{HTTP_METHOD_(\w+), ([^"]*), "([^"]+)", web_\w+}')
    assert len(table) > 10
    return [(method.lower(), named.get(route, route), flags) for method, flags, route in table
            if flags != "WEB_TRUEMAIL"]  # which takes the page's place


def operations():
    return [(method, route, what) for route, methods in DOCUMENT["paths"].items()
            for method, what in methods.items()]


def resolved(node):
    while isinstance(node, dict) and "$ref" in node:
        at = DOCUMENT
        for step in node["$ref"].split("/")[1:]:
            at = at[step]
        node = at
    return node


def is_type(value, name):
    return {"object": isinstance(value, dict), "array": isinstance(value, list),
            "string": isinstance(value, str),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "boolean": isinstance(value, bool),
            "number": isinstance(value, (int, float)) and not isinstance(value, bool),
            "null": value is None}[name]


def misfit(schema, value, at="$"):
    """Where a value does not fit its schema, or None: as much of JSON Schema as the document
    uses."""
    schema = resolved(schema)
    known = {"type", "required", "properties", "additionalProperties", "items", "enum", "const",
             "oneOf", "description",
             "default", "minimum", "maximum", "maxLength", "minItems", "maxItems", "pattern",
             "format", "example"}
    assert set(schema) <= known, (at, set(schema) - known)
    kinds = schema.get("type", [])
    if kinds and not any(is_type(value, k) for k in ([kinds] if isinstance(kinds, str) else kinds)):
        return "%s: %r is no %s" % (at, value, kinds)
    if ("enum" in schema and value not in schema["enum"]
            or "const" in schema and value != schema["const"]):
        return "%s: %r is not one of its words" % (at, value)
    if "oneOf" in schema and sum(misfit(s, value, at) is None for s in schema["oneOf"]) != 1:
        return "%s: it fits not exactly one" % at
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        return "%s: %r is of another pattern" % (at, value)
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                return "%s: %s is missing" % (at, name)
        for name, inside in value.items():
            # an object whose members are listed has no others
            of = schema.get("properties", {}).get(name, schema.get("additionalProperties",
                                                                   "properties" not in schema))
            if of is False:
                return "%s: nobody knows %s" % (at, name)
            got = misfit(of, inside, at + "." + name) if isinstance(of, dict) else None
            if got:
                return got
    if isinstance(value, list) and "items" in schema:
        for i, inside in enumerate(value):
            got = misfit(schema["items"], inside, "%s[%d]" % (at, i))
            if got:
                return got
    return None


# ---- B15: the document


def B15_routes():
    assert {(m, p) for m, p, _ in routes()} == {(m, p) for m, p, _ in operations()}
    for method, route, flags in routes():
        what = DOCUMENT["paths"][route][method]
        assert ("401" in what["responses"]) == ("WEB_OPEN" not in flags) == (
            "security" not in what), (method, route)
        assert "default" in what["responses"], route
        assert ("requestBody" in what) == ("WEB_JSON" in flags or "WEB_TAKES" in flags), route
        names = {p["name"] for p in what.get("parameters", []) if p["in"] == "path"}
        assert names == set(re.findall(r"{(\w+)}", route)), route
    assert len({what["operationId"] for _, _, what in operations()}) == len(operations())


def B15_problems():
    """Each type is a row of the table, with its status, and nothing else is."""
    table = rows("web_answer.c", r'\[WEB_\w+\] = {(\d+), "([^"]+)"')
    assert len(table) > 10
    listed = DOCUMENT["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert listed == ["urn:quoth:problem:" + ident for _, ident in table], listed
    described = {name: what["description"][:3]
                 for name, what in DOCUMENT["components"]["responses"].items()
                 if re.match(r"\d{3}: ", what["description"])}
    assert described == {ident: status for status, ident in table}, described
    for _, route, what in operations():
        for status, answer in what["responses"].items():
            name = answer.get("$ref", "").split("/")[-1]
            assert name not in described or described[name] == status, (route, status)
            if int(status if status != "default" else 0) >= 400:
                assert name, (route, status)


def B15_refs():
    """Each reference leads somewhere, and whatever is there is led to."""
    text = json.dumps(DOCUMENT)
    refs = set(re.findall(r'"\$ref": "([^"]+)"', text))
    for ref in refs:
        assert resolved({"$ref": ref}), ref
    any_ = DOCUMENT["components"]["responses"]["any"]["description"]
    for kind, parts in DOCUMENT["components"].items():
        for name in parts:
            assert kind == "securitySchemes" or "#/components/%s/%s" % (kind,
                name) in refs or name in any_, (kind, name)


def B15_served():
    with Server() as s:
        status, fields, body = s.ask("GET", "/openapi.json")
        assert status == 200 and fields["content-type"] == "application/json" and len(
            body) < 14336, fields
        assert json.loads(gzip.decompress(body)) == DOCUMENT
        assert DOCUMENT["info"]["version"] == json.loads(s.ask("GET", "/version")[2])["version"]
        got = s.ask("GET", "/openapi.json", If_None_Match=fields["etag"])
        assert got[0] == 304 and not got[2], got
        problem(s.ask("GET", "/openapi.json", Accept_Encoding="identity"), 406, "not-acceptable")


# What leads to each status of each operation: (target, body, fields). {id}: of a check that is
# over; {running}: of one that is not.
LATER = {"address": "jane@mutercpt.test", "wait_s": 0}
BAD = b"no JSON"
LIST, CSV = b"email,n\njane@good.test,1\nnobody@good.test,2\n", {"Content_Type": "text/csv"}
CASES = {
    ("get", "/", "200"): ("/", None, {}),
    ("get", "/", "304"): ("/", None, {"If_None_Match": "{etag}"}),
    ("get", "/", "406"): ("/", None, {"Accept_Encoding": "br"}),
    ("get", "/openapi.json", "200"): ("/openapi.json", None, {}),
    ("get", "/openapi.json", "304"): ("/openapi.json", None, {"If_None_Match": "{etag}"}),
    ("get", "/openapi.json", "406"): ("/openapi.json", None, {"Accept_Encoding": "br"}),
    ("post", "/api/v1/checks", "200"): ("/api/v1/checks",
                                        {"address": "jane@good.test", "wait_s": 120}, {}),
    ("post", "/api/v1/checks", "202"): ("/api/v1/checks", LATER, {}),
    ("post", "/api/v1/checks", "202 many"): ("/api/v1/checks",
                                             {"addresses": ["jane@good.test", "a@@b"]}, {}),
    ("post", "/api/v1/checks", "400"): ("/api/v1/checks", BAD, {}),
    ("post", "/api/v1/checks", "413"): ("/api/v1/checks", b" " * 70000, {}),
    ("post", "/api/v1/checks", "415"): ("/api/v1/checks", {}, {"Content_Type": "text/csv"}),
    ("post", "/api/v1/checks", "422"): ("/api/v1/checks", {"adress": "a@b"}, {}),
    ("get", "/api/v1/checks/{id}", "200"): ("/api/v1/checks/{id}", None, {}),
    ("get", "/api/v1/checks/{id}", "200 events"): ("/api/v1/checks/{id}", None,
                                                   {"Accept": "text/event-stream"}),
    ("get", "/api/v1/checks/{id}", "202"): ("/api/v1/checks/{running}", None, {}),
    ("get", "/api/v1/checks/{id}", "404"): ("/api/v1/checks/x", None, {}),
    ("get", "/api/v1/check", "200"): ("/api/v1/check?wait_s=120&address=full%40good.test", None,
                                      {}),
    ("get", "/api/v1/check", "202"): ("/api/v1/check?wait_s=0&address=jane%40mutercpt.test", None,
                                      {}),
    ("get", "/api/v1/check", "400"): ("/api/v1/check?address=%zz", None, {}),
    ("get", "/api/v1/check", "422"): ("/api/v1/check?adress=a", None, {}),
    ("post", "/api/v1/jobs", "201"): ("/api/v1/jobs?start=0&name=a", LIST, CSV),
    ("post", "/api/v1/jobs", "400"): ("/api/v1/jobs", b"a,b\n1,2\n", CSV),
    ("post", "/api/v1/jobs", "415"): ("/api/v1/jobs", LIST,
                                      {"Content_Type": "multipart/form-data; boundary=x"}),
    ("post", "/api/v1/jobs", "422"): ("/api/v1/jobs?colum=1", LIST, CSV),
    ("get", "/api/v1/jobs", "200"): ("/api/v1/jobs?limit=2", None, {}),
    ("get", "/api/v1/jobs", "400"): ("/api/v1/jobs?limit=%zz", None, {}),
    ("get", "/api/v1/jobs", "422"): ("/api/v1/jobs?limit=0", None, {}),
    ("get", "/api/v1/jobs/{id}", "200"): ("/api/v1/jobs/{job}", None, {}),
    ("get", "/api/v1/jobs/{id}", "404"): ("/api/v1/jobs/x", None, {}),
    ("get", "/api/v1/jobs/{id}/plan", "202"): ("/api/v1/jobs/{job}/plan", None, {}),
    ("get", "/api/v1/jobs/{id}/plan", "200"): ("/api/v1/jobs/{planned}/plan", None, {}),
    ("get", "/api/v1/jobs/{id}/plan", "404"): ("/api/v1/jobs/x/plan", None, {}),
    ("get", "/api/v1/jobs/{id}/events", "200"): ("/api/v1/jobs/{job}/events", None, {}),
    ("get", "/api/v1/jobs/{id}/events", "404"): ("/api/v1/jobs/x/events", None, {}),
    ("get", "/api/v1/jobs/{id}/results", "200"): ("/api/v1/jobs/{job}/results", None, {}),
    ("get", "/api/v1/jobs/{id}/results", "200 rows"): ("/api/v1/jobs/{job}/results?format=ndjson",
        None, {}),
    ("get", "/api/v1/jobs/{id}/results", "206"): ("/api/v1/jobs/{job}/results", None,
                                                  {"Range": "bytes=0-9"}),
    ("get", "/api/v1/jobs/{id}/results", "304"): ("/api/v1/jobs/{job}/results", None,
                                                  {"If_None_Match": "{etag}"}),
    ("get", "/api/v1/jobs/{id}/results", "404"): ("/api/v1/jobs/x/results", None, {}),
    ("get", "/api/v1/jobs/{id}/results", "409"): ("/api/v1/jobs/{planned}/results", None, {}),
    ("get", "/api/v1/jobs/{id}/results", "416"): ("/api/v1/jobs/{job}/results", None,
                                                  {"Range": "bytes=99999-"}),
    ("get", "/api/v1/jobs/{id}/results", "422"): ("/api/v1/jobs/{job}/results?format=xls", None,
                                                  {}),
    ("post", "/api/v1/jobs/{id}/pause", "200"): ("/api/v1/jobs/{planned}/pause", None, {}),
    ("post", "/api/v1/jobs/{id}/pause", "404"): ("/api/v1/jobs/x/pause", None, {}),
    ("post", "/api/v1/jobs/{id}/pause", "409"): ("/api/v1/jobs/{job}/pause", None, {}),
    ("post", "/api/v1/jobs/{id}/cancel", "200"): ("/api/v1/jobs/{planned}/cancel", None, {}),
    ("post", "/api/v1/jobs/{id}/cancel", "404"): ("/api/v1/jobs/x/cancel", None, {}),
    ("post", "/api/v1/jobs/{id}/cancel", "409"): ("/api/v1/jobs/{job}/cancel", None, {}),
    ("post", "/api/v1/jobs/{id}/resume", "200"): ("/api/v1/jobs/{other}/resume", None, {}),
    ("post", "/api/v1/jobs/{id}/resume", "404"): ("/api/v1/jobs/x/resume", None, {}),
    ("post", "/api/v1/jobs/{id}/resume", "409"): ("/api/v1/jobs/{job}/resume", None, {}),
    ("delete", "/api/v1/jobs/{id}", "204"): ("/api/v1/jobs/{planned}", None, {}),
    ("delete", "/api/v1/jobs/{id}", "404"): ("/api/v1/jobs/x", None, {}),
    ("post", "/api/v1/judge", "200"): ("/api/v1/judge",
                                       {"stage": "RCPT", "reply": "550 5.1.1 no such user"}, {}),
    ("post", "/api/v1/judge", "400"): ("/api/v1/judge", BAD, {}),
    ("post", "/api/v1/judge", "415"): ("/api/v1/judge", {}, {"Content_Type": "text/csv"}),
    ("post", "/api/v1/judge", "422"): ("/api/v1/judge", {"stage": "RCPT", "reply": "hello"}, {}),
    ("get", "/api/v1/domains/{domain}", "200"): ("/api/v1/domains/good.test?wait_s=120", None, {}),
    ("get", "/api/v1/domains/{domain}", "202"): ("/api/v1/domains/dnstimeout.test?wait_s=0", None,
                                                 {}),
    ("get", "/api/v1/domains/{domain}", "400"): ("/api/v1/domains/good.test?wait_s=%zz", None, {}),
    ("get", "/api/v1/domains/{domain}", "422"): ("/api/v1/domains/good..test", None, {}),
    ("delete", "/api/v1/cache/{what}", "204"): ("/api/v1/cache/%40elsewhere.test", None, {}),
    ("delete", "/api/v1/cache/{what}", "422"): ("/api/v1/cache/elsewhere.test", None, {}),
    ("get", "/api/v1/doctor", "200"): ("/api/v1/doctor?wait_s=120", None, {}),
    ("get", "/api/v1/doctor", "400"): ("/api/v1/doctor?wait_s=%zz", None, {}),
    ("get", "/api/v1/doctor", "422"): ("/api/v1/doctor?depth=dns", None, {}),
    ("get", "/api/v1/self", "200"): ("/api/v1/self", None, {}),
    ("post", "/v0/check_email", "200"): ("/v0/check_email", {"to_email": "any@catchall.test"}, {}),
    ("post", "/v0/check_email", "400"): ("/v0/check_email", BAD, {}),
    ("post", "/v1/check_email", "200"): ("/v1/check_email", {"to_email": "jane@nosuch.test"}, {}),
    ("post", "/v1/check_email", "400"): ("/v1/check_email", {"to_email": "a@b", "proxy": {}}, {}),
    ("post", "/v1/bulk", "200"): ("/v1/bulk", {"input": ["jane@good.test"], "dry": 1}, {}),
    ("post", "/v1/bulk", "400"): ("/v1/bulk", {"input": [7]}, {}),
    ("post", "/v1/bulk", "413"): ("/v1/bulk", b"{", {"Content_Length": (50 << 20) + 1}),
    ("get", "/v1/bulk/{id}", "200"): ("/v1/bulk/{number}", None, {}),
    ("get", "/v1/bulk/{id}", "404"): ("/v1/bulk/x", None, {}),
    ("get", "/v1/bulk/{id}/results", "200"): ("/v1/bulk/{number}/results", None, {}),
    ("get", "/v1/bulk/{id}/results", "200 table"): ("/v1/bulk/{number}/results?format=csv", None,
                                                    {}),
    ("get", "/v1/bulk/{id}/results", "400"): ("/v1/bulk/{number}/results?limit=x", None, {}),
    ("get", "/v1/bulk/{id}/results", "404"): ("/v1/bulk/x/results", None, {}),
    ("get", "/v1/{email}/verification", "200"): ("/v1/jane%40good.test/verification", None, {}),
    ("get", "/v2/verify", "200"): ("/v2/verify?email=full%40good.test", None, {}),
    ("get", "/v2/verify", "400"): ("/v2/verify", None, {}),
    ("get", "/v2/validate", "200"): ("/v2/validate?ip_address=&email=any%40catchall.test", None,
                                     {}),
    ("get", "/v2/validate", "400"): ("/v2/validate?email=%zz", None, {}),
    ("get", "/metrics", "200"): ("/metrics", None, {}),
    ("get", "/version", "200"): ("/version", None, {}),
    ("get", "/healthz", "200"): ("/healthz", None, {}),
    ("get", "/readyz", "200"): ("/readyz", None, {}),
}
# What the one table cannot provoke: a token's limit, a server that takes its time or has none.
LIMITED = {("post", "/api/v1/checks", "429"), ("get", "/api/v1/check", "429"),
           ("post", "/v0/check_email", "429"),
           ("get", "/api/v1/domains/{domain}", "429"), ("get", "/api/v1/doctor", "429"),
           ("get", "/v2/verify", "429"),
           ("get", "/v2/validate", "429"),
           ("post", "/v1/check_email", "429"), ("get", "/v1/{email}/verification", "429")}
LATE = {("post", "/v0/check_email", "503"): ("/v0/check_email", {"to_email": "jane@mutercpt.test"}),
        ("post", "/v1/check_email", "503"): ("/v1/check_email", {"to_email": "jane@mutercpt.test"}),
        ("get", "/v2/verify", "503"): ("/v2/verify?email=jane%40mutercpt.test", None),
        ("get", "/v2/validate", "503"): ("/v2/validate?email=jane%40mutercpt.test", None),
        ("get", "/v1/{email}/verification", "503"): ("/v1/jane%40mutercpt.test/verification", None)}
OTHERS = ("--compat", "kickbox", "--compat", "zerobounce")
# jobs_test.py
MUTE = ("get", "/api/v1/doctor", "202"), ("get", "/api/v1/doctor", "409")
ELSEWHERE = {("get", "/readyz", "503")} | {("post", "/api/v1/jobs", s)
                                           for s in ("409", "413", "429", "507")}
ELSEWHERE |= {("post", "/v1/bulk", s) for s in ("429", "507")}
ELSEWHERE |= {("post", "/api/v1/jobs/{id}/" + what, "507")
              for what in ("pause", "resume", "cancel")}
ELSEWHERE |= {("delete", "/api/v1/jobs/{id}", "507")}


def fits(case, got):
    """The answer is one that the document knows, and as it says."""
    method, route, name = case
    status = name.split()[0]
    assert got[0] == int(status), (case, got)
    what = resolved(DOCUMENT["paths"][route][method]["responses"][status])
    kind = got[1].get("content-type", "").split(";")[0]
    assert "content" not in what or kind in what["content"], (case, kind)
    if "content" in what and "json" in kind and "ndjson" not in kind:
        body = gzip.decompress(got[2]) if "content-encoding" in got[1] else got[2]
        wrong = misfit(what["content"][kind].get("schema", {}), json.loads(body))
        assert not wrong, (case, wrong)
    told = {"server-timing", "etag", "location", "x-quoth-ignored"} & set(got[1])
    assert told <= {name.lower() for name in what.get("headers",
        {})} or status == "304", (case, told)


def job(s, query):
    return json.loads(s.ask("POST", "/api/v1/jobs" + query, LIST, **CSV)[2])["id"]


def B15_answers():
    asked = set(CASES) | LIMITED | set(LATE) | ELSEWHERE | set(MUTE)
    for method, route, what in operations():
        for status in what["responses"]:
            assert status in ("401", "default") or (method, route, status) in asked, (method,
                route, status)
    with Server(*OTHERS) as s:
        done = json.loads(s.ask("POST", "/api/v1/checks",
                                {"addresses": ["escape@good.test"]})[2])["checks"][0]["id"]
        while s.ask("GET", "/api/v1/checks/" + done)[0] != 200:
            pass
        running = json.loads(s.ask("POST", "/api/v1/checks",
                                   {"addresses": ["jane@mutercpt.test"]})[2])["checks"][0]["id"]
        known = {"id": done, "running": running, "job": job(s, ""), "planned": job(s, "?start=0"),
                 "other": job(s, "?start=0")}
        while json.loads(s.ask("GET", "/api/v1/jobs/" + known["job"])[2])["state"] != "done":
            pass
        known["number"] = str(json.loads(s.ask("POST", "/v1/bulk",
                                               {"input": ["jane@good.test"]})[2])["job_id"])
        while json.loads(s.ask("GET", "/v1/bulk/"
                               + known["number"])[2])["job_status"] != "Completed":
            pass
        while s.ask("GET", "/api/v1/jobs/%s/plan" % known["planned"])[0] != 200:
            pass
        for case, (target, body, fields) in CASES.items():
            target = re.sub(r"{(\w+)}", lambda name: known[name.group(1)], target)
            if fields.get("If_None_Match"):
                fields = {"If_None_Match": s.ask("GET", target)[1]["etag"]}
            fits(case, s.ask(case[0].upper(), target, body, **fields))


def parameters(body):
    """Names that a route's functions compare with what they were sent."""
    return set(re.findall(r'strcmp\((?:query|members)(?:->|\.)name, "(\w+)"', body))


def B15_names():
    """Nothing is read from a query or a body that the document does not name."""
    named = {p["name"] for _, _, what in operations()
             for p in map(resolved, what.get("parameters", [])) if p["in"] == "query"}
    for _, _, what in operations():
        for media in resolved(what.get("requestBody", {})).get("content", {}).values():
            schema = resolved(media.get("schema", {}))
            for kind in [schema] + schema.get("oneOf", []):
                named |= set(resolved(kind).get("properties", {}))
    read = set()
    for name in sorted(os.listdir("port/serve")):
        if name.startswith("web_") and name.endswith(".c"):
            with open("port/serve/" + name, encoding="utf-8") as f:
                read |= parameters(f.read())
    refused = {"proxy", "webhook"}  # of Reacher's: it would change who asks, or whom we call
    assert read - named == refused, read - named
    assert named <= read | {"ip_address", "dry"}, named - read


def B15_limits():
    with Server(*OTHERS, "--token-file", token_file("shop:%s\n" % TOKEN),
                "--checks-a-minute", "1") as s:
        for method, route, what in operations():
            if "401" in what["responses"]:
                fits((method, route, "401"),
                     s.ask(method.upper(), re.sub(r"{\w+}", "x", route),
                           {} if method == "post" else None))
        by = {"Authorization": TOKEN}
        s.ask("POST", "/api/v1/checks", {"addresses": ["a@good.test"]}, **by)
        for method, route, status in LIMITED:
            case = next(c for key, c in CASES.items() if key == (method, route, "200"))
            fits((method, route, status), s.ask(method.upper(), case[0], case[1], **by))
    os.mkdir(path("away"))
    with Server("--state-dir", path("away")) as s:
        shutil.rmtree(path("away"))
        fits(("get", "/readyz", "503"), s.ask("GET", "/readyz"))
    with socket.socket(type=socket.SOCK_DGRAM) as mute:  # a name server that says nothing
        mute.bind(("127.0.0.1", 0))
        with Server("--nameserver", "127.0.0.1:%d" % mute.getsockname()[1]) as s:
            fits(MUTE[0], s.ask("GET", "/api/v1/doctor?wait_s=0"))
    with Server("--dns-only") as s:
        fits(MUTE[1], s.ask("GET", "/api/v1/doctor"))
    with Server(*OTHERS, "--wait", "1") as s:
        for case, (target, body) in LATE.items():
            fits(case, s.ask(case[0].upper(), target, body))


suite("api", globals(), "B")
