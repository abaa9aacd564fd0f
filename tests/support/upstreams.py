"""What each provider's dialect says to a question, asked without Weir."""

import json
from dataclasses import dataclass, field

import httpx

TOOL = {"name": "get_weather", "description": "The weather of a city.",
        "schema": {"type": "object", "properties": {
            "city": {"type": "string"}}, "required": ["city"]}}
KINDS = ("openai", "anthropic", "gemini", "ark")


@dataclass
class Truth:
    text: str = ""
    calls: list = field(default_factory=list)   # [(name, arguments)]
    input_tokens: int = 0
    output_tokens: int = 0


def ask(kind, url, question, tools=False):
    """The provider's own answer to one user message."""
    reply = {"openai": ask_openai, "ark": ask_openai,
             "anthropic": ask_anthropic, "gemini": ask_gemini}[kind](
                 url, question, tools)
    assert reply.is_success, reply.text
    return {"openai": read_openai, "ark": read_openai,
            "anthropic": read_anthropic, "gemini": read_gemini}[kind](
                reply.json())


def ask_openai(url, question, tools):
    body = {"model": "model-x", "messages": [
        {"role": "user", "content": question}]}
    if tools:
        body["tools"] = [openai_tool()]
    return httpx.post(f"{url}/chat/completions", json=body, timeout=30,
                      headers={"authorization": "Bearer sk-upstream"})


def openai_tool():
    return {"type": "function", "function": {
        "name": TOOL["name"], "description": TOOL["description"],
        "parameters": TOOL["schema"]}}


def anthropic_tool():
    return {"name": TOOL["name"], "description": TOOL["description"],
            "input_schema": TOOL["schema"]}


def ask_anthropic(url, question, tools):
    body = {"model": "model-x", "max_tokens": 1024, "messages": [
        {"role": "user", "content": question}]}
    if tools:
        body["tools"] = [anthropic_tool()]
    return httpx.post(f"{url}/v1/messages", json=body, timeout=30, headers={
        "x-api-key": "sk-upstream", "anthropic-version": "2023-06-01"})


def ask_gemini(url, question, tools):
    body = {"contents": [{"role": "user", "parts": [{"text": question}]}]}
    if tools:
        body["tools"] = [{"functionDeclarations": [{
            "name": TOOL["name"], "description": TOOL["description"],
            "parameters": TOOL["schema"]}]}]
    return httpx.post(f"{url}/v1beta/models/model-x:generateContent",
                      json=body, timeout=30,
                      headers={"x-goog-api-key": "sk-upstream"})


def read_openai(body):
    message = body["choices"][0]["message"]
    return Truth(
        message.get("content") or "",
        [(c["function"]["name"], json.loads(c["function"]["arguments"]))
         for c in message.get("tool_calls") or []],
        body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"])


def read_anthropic(body):
    usage = body["usage"]
    return Truth(
        "".join(b["text"] for b in body["content"] if b["type"] == "text"),
        [(b["name"], b["input"]) for b in body["content"]
         if b["type"] == "tool_use"],
        usage["input_tokens"] + usage.get("cache_read_input_tokens", 0) +
        usage.get("cache_creation_input_tokens", 0), usage["output_tokens"])


def read_gemini(body):
    parts = body["candidates"][0]["content"]["parts"]
    usage = body["usageMetadata"]
    return Truth(
        "".join(p["text"] for p in parts
                if "text" in p and not p.get("thought")),
        [(p["functionCall"]["name"], p["functionCall"]["args"])
         for p in parts if "functionCall" in p],
        usage["promptTokenCount"],
        usage["candidatesTokenCount"] + usage.get("thoughtsTokenCount", 0))
