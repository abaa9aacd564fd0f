"""The simulator speaks as the recorded providers do.

From the recordings of a dialect a grammar is learnt: which events there are,
which may follow which, which members each has and of what type.  What the
simulator sends must be a sentence of it; so that it and the translators,
which are written by the same people, cannot share one mistake.
"""

import json
import pathlib
from collections import defaultdict

import httpx
import pytest
from process import BUILD, ROOT, Process, free_port, wait_for

FIXTURES = ROOT.parent / "shared/fixtures"
FAITHFUL = {"wire", "wire-json", "chunks"}

# Values whose inside is the caller's or the model's own.
OPAQUE = {"args", "input", "arguments", "partial_json"}

pytestmark = pytest.mark.skipif(
    not FIXTURES.exists(), reason="no recordings beside this checkout")


def type_of(value):
    return {dict: "object", list: "list", str: "text", bool: "bool",
            int: "number", float: "number", type(None): "null"}[type(value)]


def members(value, path=""):
    """{"choices[].index": "number", ...}: every path and its type."""
    found = {(path, type_of(value))}
    if path.rpartition(".")[2] in OPAQUE:
        return found
    if isinstance(value, dict):
        for name, inner in value.items():
            found |= members(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            found |= members(inner, f"{path}[]")
    return found


def sse(body):
    """(event name or None, data) of each event."""
    for block in body.replace("\r\n", "\n").split("\n\n"):
        name = data = None
        for line in block.split("\n"):
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:"):
                data = line[5:].strip()
        if data is not None:
            yield name, data if data == "[DONE]" else json.loads(data)


# --- what kind of event it is ------------------------------------------------

def openai_label(_, chunk):
    if chunk == "[DONE]":
        return "done"
    if not chunk["choices"]:
        return "usage"
    choice = chunk["choices"][0]
    if choice["finish_reason"]:
        return "finish"
    delta = choice["delta"]
    calls = delta.get("tool_calls")
    call = "" if not calls else (
        "+call" if calls[0].get("id") else "+arguments")
    if "role" in delta:
        return "first" + call
    return call or "text"


def anthropic_label(name, event):
    assert name == event["type"]
    inner = event.get("delta") or event.get("content_block") or {}
    kind = inner.get("type", "")
    return f"{name} {kind}".strip()


def gemini_label(_, chunk):
    candidate = (chunk.get("candidates") or [{}])[0]
    parts = candidate.get("content", {}).get("parts", [])
    kinds = {"call" if "functionCall" in p else
             "thought" if p.get("thought") else "text" for p in parts}
    label = "+".join(sorted(kinds)) or "empty"
    return label + (" last" if candidate.get("finishReason") else "")


def whole_label(name):
    return lambda _, body: name


class Grammar:
    """With `one_shape` all events are messages of one type, so a member seen
    in one may be in any."""

    def __init__(self, label, one_shape=False):
        self.label = label
        self.one_shape = one_shape
        self.allowed = defaultdict(set)   # label -> paths with types
        self.always = {}                  # label -> paths always there
        self.follows = defaultdict(set)   # label -> labels after it
        self.sentences = 0

    def learn(self, events):
        before = "begin"
        for name, event in events:
            label = self.label(name, event)
            found = members(event)
            self.allowed[label] |= found
            paths = {path for path, _ in found}
            self.always[label] = self.always.get(label, paths) & paths
            self.follows[before].add(label)
            before = label
        self.follows[before].add("end")
        self.sentences += 1

    def check(self, events):
        before = "begin"
        for name, event in events:
            label = self.label(name, event)
            assert label in self.follows[before], \
                f"never seen: '{label}' after '{before}'"
            found = members(event)
            allowed = self.allowed[label] if not self.one_shape else \
                set().union(*self.allowed.values())
            assert found <= allowed, f"{label}: never seen: {found - allowed}"
            paths = {path for path, _ in found}
            assert self.always[label] <= paths, \
                f"{label}: always seen: {self.always[label] - paths}"
            before = label
        assert "end" in self.follows[before], f"never ends after '{before}'"


# --- the recordings ------------------------------------------------------------

def recordings(provider, dialect, stream, fidelities=FAITHFUL):
    with open(FIXTURES / "index.jsonl", encoding="utf-8") as index:
        for line in index:
            entry = json.loads(line)
            if (entry["provider"], entry["dialect"], entry["stream"],
                    entry["status"]) == (provider, dialect, stream, 200) \
                    and entry["fidelity"] in fidelities:
                path = FIXTURES / entry["file"]
                yield json.loads(path.read_text(encoding="utf-8"))[
                    "response"]["body"]


def events_of(body):
    return [(None, b) for b in body] if isinstance(body, list) else sse(body)


def sentences(provider, dialect, stream):
    for body in recordings(provider, dialect, stream):
        if stream:
            yield list(events_of(body))
        else:
            yield [(None, json.loads(body)
                    if isinstance(body, str) else body)]


def learn(provider, dialect, stream, label):
    one_shape = provider == "gemini"
    grammar = Grammar(label, one_shape)
    for events in sentences(provider, dialect, stream):
        grammar.learn(events)
    assert grammar.sentences > 10, "too few recordings to learn from"
    if one_shape:
        for events in sentences(provider, dialect, not stream):
            for _, event in events:
                grammar.allowed["other"] |= members(event)
    return grammar


# --- the simulator ---------------------------------------------------------------

@pytest.fixture(scope="module")
def url(tmp_path_factory):
    port = free_port()
    process = Process("simulator", tmp_path_factory.mktemp("grammar"), [
        BUILD / "bin/weir-simulator", "--listen", f"127.0.0.1:{port}"])
    process.spawn()
    address = f"http://127.0.0.1:{port}"
    wait_for(lambda: httpx.get(f"{address}/_sim/health").is_success)
    yield address
    process.stop()


HEADERS = {"Authorization": "Bearer k", "x-api-key": "k",
           "x-goog-api-key": "k", "anthropic-version": "2023-06-01"}
SCHEMA = {"type": "object", "required": ["city"],
          "properties": {"city": {"type": "string"}}}
PROMPTS = {"text": "echo: The water is three feet deep.",
           "call": "call weather",
           "calls": "call weather and call weather",
           "counted": "x [[sim cached=2 reasoning=3]]"}


def openai_body(prompt, stream):
    return {"model": "gpt-5", "stream": stream,
            **({"stream_options": {"include_usage": True}} if stream else {}),
            "messages": [{"role": "user", "content": prompt}],
            "tools": [{"type": "function", "function": {
                "name": "weather", "parameters": SCHEMA}}]}


def anthropic_body(prompt, stream):
    return {"model": "claude", "max_tokens": 99, "stream": stream,
            "messages": [{"role": "user", "content": prompt}],
            "tools": [{"name": "weather", "input_schema": SCHEMA}]}


def gemini_body(prompt, stream):
    return {"contents": [{"role": "user", "parts": [{"text": prompt}]}],
            "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
            "tools": [{"functionDeclarations": [
                {"name": "weather", "parameters": SCHEMA}]}]}


DIALECTS = {
    "openai": ("openai.chat", openai_label, openai_body,
               "/v1/chat/completions", "/v1/chat/completions"),
    "anthropic": ("anthropic.messages", anthropic_label, anthropic_body,
                  "/v1/messages", "/v1/messages"),
    "gemini": ("gemini.generateContent", gemini_label, gemini_body,
               "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse",
               "/v1beta/models/gemini-2.5-pro:generateContent"),
}


@pytest.fixture(scope="module")
def grammar(request):
    provider, stream = request.param
    dialect, label, *_ = DIALECTS[provider]
    return learn(provider, dialect, stream,
                 label if stream else whole_label("answer"))


def cases():
    for provider in DIALECTS:
        for stream in (True, False):
            for name in PROMPTS:
                yield pytest.param(
                    (provider, stream), provider, stream, PROMPTS[name],
                    id=f"{provider}-{'stream' if stream else 'whole'}-{name}")


@pytest.mark.parametrize("grammar, provider, stream, prompt", list(cases()),
                         indirect=["grammar"])
def test_simulator_speaks_like_the_provider(
        url, grammar, provider, stream, prompt):
    _, _, body, stream_path, whole_path = DIALECTS[provider]
    reply = httpx.post(url + (stream_path if stream else whole_path),
                       headers=HEADERS, json=body(prompt, stream))
    assert reply.status_code == 200, reply.text
    grammar.check(sse(reply.text) if stream else [(None, reply.json())])


def test_line_ends_are_the_providers(url):
    """Gemini ends its lines in CR LF, the others in LF."""
    for provider, (dialect, _, body, path, _) in DIALECTS.items():
        recorded = {"\r\n" in b for b in recordings(
            provider, dialect, True, {"wire"}) if str(b).startswith(
                ("data:", "event:"))}
        reply = httpx.post(url + path, headers=HEADERS,
                           json=body("echo: x", True))
        assert {"\r\n" in reply.text} == recorded


# --- errors ------------------------------------------------------------------------

def recorded_errors(provider, dialect):
    with open(FIXTURES / "index.jsonl", encoding="utf-8") as index:
        for line in index:
            entry = json.loads(line)
            if (entry["provider"], entry["dialect"]) == (provider, dialect) \
                    and entry["status"] >= 400 \
                    and entry["fidelity"] in FAITHFUL:
                body = json.loads((FIXTURES / entry["file"]).read_text(
                    encoding="utf-8"))["response"]["body"]
                yield json.loads(body) if isinstance(body, str) else body


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
@pytest.mark.parametrize("provider", DIALECTS)
def test_errors_have_the_providers_shape(url, provider, status):
    dialect, _, body, _, path = DIALECTS[provider]
    errors = list(recorded_errors(provider, dialect))
    allowed = set().union(*map(members, errors))
    always = set.intersection(*({p for p, _ in members(e)} for e in errors))
    reply = httpx.post(url + path, headers=HEADERS, json=body(
        f"x [[sim status={status}]]", False))
    found = members(reply.json())
    assert reply.status_code == status
    assert found <= allowed, f"never seen: {found - allowed}"
    assert always <= {p for p, _ in found}, "something is missing"
