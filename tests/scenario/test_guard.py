"""Ambiguous or broken HTTP gets one refusal and a closed connection."""

import json
import os
import pathlib
import time

import pytest
import wire
from process import PATIENCE, ROOT

KEEP = b"GET /v1/models HTTP/1.1\r\nhost: weir\r\n\r\n"
VECTORS = pathlib.Path(os.environ.get(
    "WEIR_VECTORS", ROOT.parent / "shared/vectors"))


def post(*headers, body=b"", line=b"POST /v1/chat/completions HTTP/1.1"):
    return b"\r\n".join([line, b"host: weir", *headers, b"", b""]) + body


REFUSED = {
    "two-lengths": post(b"content-length: 2", b"content-length: 3",
                        body=b"{}x"),
    "same-length-twice": post(b"content-length: 2", b"content-length: 2",
                              body=b"{}"),
    "length-list": post(b"content-length: 2, 2", body=b"{}"),
    "length-and-chunked": post(b"content-length: 2",
                               b"transfer-encoding: chunked",
                               body=b"0\r\n\r\n"),
    "length-signed": post(b"content-length: +2", body=b"{}"),
    "length-hex": post(b"content-length: 0x2", body=b"{}"),
    "length-spaced": post(b"content-length: 1 2", body=b"{}"),
    "length-negative": post(b"content-length: -1"),
    "length-huge": post(b"content-length: 99999999999999999999999"),
    "chunked-twice": post(b"transfer-encoding: chunked",
                          b"transfer-encoding: chunked", body=b"0\r\n\r\n"),
    "chunked-list": post(b"transfer-encoding: chunked, chunked",
                         body=b"0\r\n\r\n"),
    "identity": post(b"transfer-encoding: identity", b"content-length: 2",
                     body=b"{}"),
    "unknown-encoding": post(b"transfer-encoding: xchunked",
                             body=b"0\r\n\r\n"),
    "encoding-with-tab": post(b"transfer-encoding:\x0bchunked",
                              body=b"0\r\n\r\n"),
    "space-before-colon": post(b"content-length : 2", body=b"{}"),
    "bad-name": post(b"x[y: 1", b"content-length: 0"),
    "control-in-value": post(b"x-a: b\x01c", b"content-length: 0"),
    "two-hosts": post(b"host: other", b"content-length: 0"),
    "no-host": b"GET /v1/models HTTP/1.1\r\n\r\n",
    "bad-host": b"GET /v1/models HTTP/1.1\r\nhost: a b\r\n\r\n",
    "trace": b"TRACE / HTTP/1.1\r\nhost: weir\r\n\r\n",
    "connect": b"CONNECT weir:1 HTTP/1.1\r\nhost: weir\r\n\r\n",
    "options": b"OPTIONS / HTTP/1.1\r\nhost: weir\r\n\r\n",
    "high-bytes-in-path": b"GET /\xff\xfe HTTP/1.1\r\nhost: weir\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_once_and_closed(weir, name):
    """A second request rides behind; it must never be answered."""
    data, closed = wire.send(weir.gateway.port, [REFUSED[name] + KEEP])
    found, rest = wire.responses(data)
    assert len(found) <= 1, data
    assert all(400 <= status < 500 or status == 501
               for status, _ in found), data
    assert rest == b"" or is_doubled(data), f"a second response: {data!r}"
    assert closed


def is_doubled(data):
    """libmicrohttpd 0.9.75 begins the body of its own refusals with the head
    once more.  A client that honours Content-Length sees one response with
    an odd text, and the connection is closed behind it."""
    head, _, rest = data.partition(b"\r\n\r\n")
    return rest.startswith(head) and b"\r\nConnection: close" in head


def test_gateway_is_unharmed_after_all_that(weir, scripted):
    _, alias = scripted
    assert weir.chat(alias).status_code == 200



def test_keep_alive_and_pipelining_work(weir):
    key = weir.key["secret"].encode()
    request = b"GET /v1/models HTTP/1.1\r\nhost: weir\r\n" \
        b"authorization: Bearer " + key + b"\r\n\r\n"
    data, _ = wire.send(weir.gateway.port, [request, request])
    found, rest = wire.responses(data)
    assert [status for status, _ in found] == [200, 200]
    assert rest == b""


def test_chunked_request_is_understood(weir, scripted):
    provider, alias = scripted
    body = json.dumps({"model": alias, "messages": [
        {"role": "user", "content": "Hi"}]}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                      for i in range(0, len(body), 7)) + b"0\r\n\r\n"
    request = post(b"authorization: Bearer " + weir.key["secret"].encode(),
                   b"content-type: application/json",
                   b"transfer-encoding: chunked")
    data, _ = wire.send(weir.gateway.port, [request + chunks])
    found, _ = wire.responses(data)
    assert [status for status, _ in found] == [200]


def test_body_past_its_limit_is_413(weir):
    data, closed = wire.send(weir.gateway.port, [post(
        b"authorization: Bearer " + weir.key["secret"].encode(),
        b"content-type: application/json", b"content-length: 9999999999")])
    found, _ = wire.responses(data)
    assert [status for status, _ in found] == [413]
    assert closed


@pytest.mark.parametrize("body", [
    b'{"model":"a","model":"b","messages":[]}',
    b'{"model":"a","mod\\u0065l":"b","messages":[]}',
    b'{"model":"a","messages":[],"stream":true,"stream":false}',
    b'{"model":"\xff","messages":[]}',
    b'{"model":"a","messages":[]}x',
    b'{"model":"a","messages":[]', b"", b"[]", b"null",
    b'{"model":1,"messages":[]}', b'{"messages":[]}',
    b"[" * 20000,
], ids=["model-twice", "model-twice-escaped", "stream-twice", "no-utf8",
        "rest", "cut", "empty", "array", "null", "no-text", "no-model",
        "deep"])
def test_ambiguous_json_is_400(weir, body):
    request = post(b"authorization: Bearer " + weir.key["secret"].encode(),
                   b"content-type: application/json",
                   b"content-length: %d" % len(body), body=body)
    data, _ = wire.send(weir.gateway.port, [request])
    found, _ = wire.responses(data)
    assert [status for status, _ in found] == [400], data


def trickle(port, head, seconds):
    """One byte every 0.2 s; returns how long the gateway endured it."""
    import socket
    client = socket.create_connection(("127.0.0.1", port), 5)
    client.settimeout(0.2)
    began = time.monotonic()
    with client:
        client.sendall(head)
        while time.monotonic() - began < seconds * PATIENCE:
            try:
                client.sendall(b"a")
                if client.recv(4096) == b"":
                    return time.monotonic() - began
            except TimeoutError:
                continue
            except OSError:
                return time.monotonic() - began
    return None


def test_slow_head_is_cut_at_its_deadline():
    from environment import Environment
    with Environment(gateway_flags=["--header-deadline-ms", "1500",
                                    "--body-grace-ms", "1500",
                                    "--body-rate-min", "1024"],
                     simulator=False) as weir:
        head = trickle(weir.gateway.port,
                       b"POST /v1/chat/completions HTTP/1.1\r\nx-slow: ", 8)
        assert head is not None and head >= 1
        body = trickle(weir.gateway.port, post(
            b"authorization: Bearer " + weir.key["secret"].encode(),
            b"content-type: application/json", b"content-length: 100000"), 8)
        assert body is not None and body >= 1


# Vectors that lie beside the checkout ------------------------------------------

def manifest():
    file = VECTORS / "http11probe/manifest.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines()]


def must_reject(test):
    expected = test.get("expected") or ""
    return bool(test["scored"] and test["files"] and not test.get("dynamic")
                and test["suite"] != "Capabilities" and (
                    test.get("status") == "Exact(400)" or
                    expected.startswith("400") and "2xx" not in expected))


# What libmicrohttpd 0.9.75 hides from us: it joins folded lines, drops empty
# names and ends texts at a NUL before any handler of ours runs.  These get one
# answer, never two.
UNSEEN = {
    "RFC9112-5.1-OBS-FOLD", "RFC9112-5-EMPTY-HEADER-NAME",
    "SMUG-CLTE-SMUGGLED-GET-TE-OBS-FOLD", "MAL-NUL-IN-URL",
    "MAL-NUL-IN-HEADER-VALUE",
}


def aimed(parts, key):
    """The same, at an endpoint that reads bodies, with a key: a refusal can
    no longer come from the path."""
    method, target, rest = parts[0].split(b" ", 2)
    line, _, head = rest.partition(b"\r\n")
    credentials = b"Authorization: Bearer " + key.encode() + b"\r\n"
    return [method + b" /v1/chat/completions " + line + b"\r\n" +
            credentials + head, *parts[1:]]


def replay(weir, change=lambda parts: parts):
    """{id: (statuses, rest, closed)} of every vector that must be rejected."""
    found = {}
    for test in filter(must_reject, manifest()):
        parts = [(VECTORS / "http11probe" / name).read_bytes()
                 for name in test["files"]]
        data, closed = wire.send(weir.gateway.port, change(parts))
        answers, rest = wire.responses(data)
        if is_doubled(data):
            rest = b""
        found[test["id"]] = [status for status, _ in answers], rest, closed
    return found


@pytest.fixture(scope="module")
def replayed(weir):
    return replay(weir)


def answered_twice(replayed):
    return {name: got for name, got in replayed.items()
            if len(got[0]) > 1 or got[1].startswith(b"HTTP/")}


@pytest.mark.vectors
def test_all_must_reject_vectors_are_there(replayed):
    assert len(replayed) == 94


@pytest.mark.vectors
def test_no_vector_gets_a_second_response(replayed):
    assert answered_twice(replayed) == {}


@pytest.mark.vectors
def test_no_vector_gets_a_second_response_from_an_endpoint(weir):
    def change(parts):
        whole = parts[0].count(b" ") >= 2 and b"\r\n" in parts[0]
        return aimed(parts, weir.key["secret"]) if whole else parts
    assert answered_twice(replay(weir, change)) == {}


@pytest.mark.vectors
def test_few_vectors_are_accepted(replayed):
    """Accepted: understood (these paths are 404) and the connection kept."""
    accepted = {name for name, (statuses, _, closed) in replayed.items()
                if statuses and not closed and
                (statuses[0] < 400 or statuses[0] in (401, 404))}
    assert accepted <= UNSEEN


@pytest.mark.vectors
@pytest.mark.parametrize("path", sorted(
    (VECTORS / "smuggler").glob("*.http")), ids=lambda p: p.name)
def test_smuggled_request_gets_no_answer(weir, path):
    found, rest = wire.responses(
        wire.send(weir.gateway.port, [path.read_bytes()], idle=0.2)[0])
    assert len([s for s, _ in found if s < 400]) <= 1
    assert not rest.startswith(b"HTTP/")


@pytest.mark.vectors
def test_json_vectors_are_refused_or_passed_on_whole(weir, scripted):
    """As a message's neighbour: valid texts pass byte for byte, broken ones
    are 400, and nothing ever is 5xx."""
    provider, alias = scripted
    import httpx
    wrong = []
    with httpx.Client(headers={"authorization":
                               f"Bearer {weir.key['secret']}",
                               "content-type": "application/json"}) as http:
        for path in sorted((VECTORS / "JSONTestSuite/test_parsing").glob(
                "*.json")):
            text = path.read_bytes()
            body = b'{"model":"%s","messages":[{"role":"user","content":' \
                b'"x"}],"metadata":%s}' % (alias.encode(), text)
            reply = http.post(f"{weir.gateway.url}/v1/chat/completions",
                              content=body)
            allowed = {"y": (200,), "n": (400,), "i": (200, 400)}
            if text.strip() in (b"", ) or path.name in COMPLETED:
                continue
            if reply.status_code not in allowed[path.name[0]]:
                wrong.append((path.name, reply.status_code))
    assert wrong == []


# Texts that are broken alone and whole inside our body: they carry a comma or
# a closing bracket of their own.
COMPLETED = {
    "n_structure_array_trailing_garbage.json",
}
