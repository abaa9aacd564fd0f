"""The simulator as the official SDKs see it, and what it does on request."""

import hashlib
import json
import socket
import time

import anthropic
import httpx
import openai
import pytest
from process import PATIENCE, wait_for

WEATHER = {"type": "object", "required": ["city", "unit"], "properties": {
    "city": {"type": "string"}, "days": {"type": "integer"},
    "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}}}
TIME = {"type": "object", "properties": {}}


@pytest.fixture
def chat(simulator):
    return openai.OpenAI(base_url=f"{simulator.url}/openai/v1",
                         api_key="sk-test", max_retries=0)


@pytest.fixture
def ark(simulator):
    return openai.OpenAI(base_url=f"{simulator.url}/ark/api/v3",
                         api_key="ark-test", max_retries=0)


@pytest.fixture
def claude(simulator):
    return anthropic.Anthropic(base_url=f"{simulator.url}/anthropic",
                               api_key="sk-ant-test", max_retries=0)


@pytest.fixture
def gemini(simulator):
    genai = pytest.importorskip("google.genai")
    return genai.Client(api_key="g-test", http_options={
        "base_url": f"{simulator.url}/gemini"})


def ask(text):
    return [{"role": "user", "content": text}]


def function(name, schema):
    return {"type": "function", "function": {
        "name": name, "description": name, "parameters": schema}}


# --- OpenAI ---------------------------------------------------------------

def test_openai_whole_answer_is_deterministic_and_adds_up(chat):
    first, second = (chat.chat.completions.create(
        model="gpt-5", messages=ask("How deep is the water?"))
        for _ in range(2))
    text = first.choices[0].message.content
    assert text and text == second.choices[0].message.content
    assert first.id != second.id
    assert first.choices[0].finish_reason == "stop"
    assert first.usage.prompt_tokens == -(-len("How deep is the water?") // 4)
    assert first.usage.completion_tokens == -(-len(text) // 4)
    assert first.usage.total_tokens == \
        first.usage.prompt_tokens + first.usage.completion_tokens


def test_openai_stream_is_the_whole_answer_in_pieces(chat):
    whole = chat.chat.completions.create(
        model="gpt-5", messages=ask("echo: Grüße, 世界 🌊!"))
    chunks = list(chat.chat.completions.create(
        model="gpt-5", messages=ask("echo: Grüße, 世界 🌊!"), stream=True,
        stream_options={"include_usage": True}))
    text = "".join(c.choices[0].delta.content or ""
                   for c in chunks if c.choices)
    assert text == "Grüße, 世界 🌊!" == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage
    assert all(c.usage is None for c in chunks[:-1])
    assert [c.choices[0].finish_reason for c in chunks[:-1]][-1] == "stop"


def test_openai_sends_no_usage_unasked(chat):
    chunks = list(chat.chat.completions.create(
        model="gpt-5", messages=ask("echo: x"), stream=True))
    assert all(c.choices and c.usage is None for c in chunks)


def test_openai_choices(chat):
    answer = chat.chat.completions.create(
        model="gpt-5", messages=ask("echo: 12345678"), n=3)
    assert [c.index for c in answer.choices] == [0, 1, 2]
    assert answer.usage.completion_tokens == 6
    chunks = chat.chat.completions.create(
        model="gpt-5", messages=ask("echo: x"), n=2, stream=True)
    assert {c.choices[0].index for c in chunks} == {0, 1}


def test_openai_max_tokens_cuts(chat):
    answer = chat.chat.completions.create(
        model="gpt-5", messages=ask("echo: 0123456789"),
        max_completion_tokens=2)
    assert answer.choices[0].message.content == "01234567"
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 2


@pytest.mark.parametrize("choice, text, names", [
    ("auto", "call get_weather", ["get_weather"]),
    ("auto", "call get_weather and call get_time, then call get_weather.",
     ["get_weather", "get_time", "get_weather"]),
    ("auto", "nothing to do", []),
    ("none", "call get_weather", []),
    ("required", "anything", ["get_weather"]),
    ({"type": "function", "function": {"name": "get_time"}}, "anything",
     ["get_time"]),
])
def test_openai_tools(chat, choice, text, names):
    arguments = dict(
        model="gpt-5", messages=ask(text), tool_choice=choice,
        tools=[function("get_weather", WEATHER), function("get_time", TIME)])
    answer = chat.chat.completions.create(**arguments).choices[0]
    calls = answer.message.tool_calls or []
    assert [c.function.name for c in calls] == names
    for call in calls:
        if call.function.name == "get_weather":
            assert json.loads(call.function.arguments) == {
                "city": "some city", "unit": "celsius"}
    named = isinstance(choice, dict)
    assert answer.finish_reason == (
        "tool_calls" if names and not named else "stop")

    streamed = {}
    for chunk in chat.chat.completions.create(**arguments, stream=True):
        for part in chunk.choices[0].delta.tool_calls or []:
            have = streamed.setdefault(part.index, ["", ""])
            have[0] += part.function.name or ""
            have[1] += part.function.arguments or ""
    assert list(streamed) == list(range(len(names)))
    assert [tuple(v) for v in streamed.values()] == [
        (c.function.name, c.function.arguments) for c in calls]


def test_openai_tool_result_is_told(chat):
    answer = chat.chat.completions.create(
        model="gpt-5", tools=[function("get_time", TIME)],
        tool_choice="required", messages=[
            *ask("call get_time"),
            {"role": "assistant", "tool_calls": [{
                "id": "call_1", "type": "function",
                "function": {"name": "get_time", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "12:30"}])
    assert "12:30" in answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"


def test_openai_structured_output(chat):
    answer = chat.chat.completions.create(
        model="gpt-5", messages=ask("weather"), response_format={
            "type": "json_schema",
            "json_schema": {"name": "w", "schema": WEATHER}})
    assert json.loads(answer.choices[0].message.content) == {
        "city": "some city", "unit": "celsius"}


def test_openai_reasoning_and_cache_are_counted(chat):
    usage = chat.chat.completions.create(model="gpt-5", messages=ask(
        "x [[sim reasoning=7 cached=12 tokens=5]]")).usage
    assert usage.completion_tokens == 12
    assert usage.completion_tokens_details.reasoning_tokens == 7
    assert usage.prompt_tokens_details.cached_tokens == 12
    assert usage.prompt_tokens >= 12


def test_openai_models(chat):
    assert "gpt-5" in [m.id for m in chat.models.list()]


def test_openai_errors(chat, simulator):
    with pytest.raises(openai.RateLimitError) as caught:
        chat.chat.completions.create(model="gpt-5", messages=ask(
            "x [[sim status=429 retry_after=2 code=insufficient_quota]]"))
    assert caught.value.code == "insufficient_quota"
    assert caught.value.response.headers["retry-after"] == "2"
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=f"{simulator.url}/v1", max_retries=0,
                      api_key="invalid").chat.completions.create(
                          model="gpt-5", messages=ask("x"))
    with pytest.raises(openai.BadRequestError) as caught:
        chat.chat.completions.create(model="gpt-5", messages=[])
    assert caught.value.param == "messages"
    with pytest.raises(openai.NotFoundError):
        chat.embeddings.create(model="e", input="x")


# --- Ark ------------------------------------------------------------------

def test_ark_habits(ark):
    chunks = list(ark.chat.completions.create(
        model="doubao-seed-1-6", stream=True,
        messages=ask("call get_time [[sim reasoning=3]]"),
        tools=[function("get_time", TIME)],
        stream_options={"include_usage": True}))
    assert all(c.id.startswith("0217") for c in chunks)
    assert all(c.choices[0].delta.role == "assistant" for c in chunks[:-1])
    reasoning = "".join(getattr(c.choices[0].delta, "reasoning_content", "")
                        for c in chunks[:-1])
    assert len(reasoning) == 12
    assert chunks[-1].usage.completion_tokens_details.reasoning_tokens == 3
    call = ark.chat.completions.create(
        model="doubao-seed-1-6", messages=ask("call get_time"),
        tools=[function("get_time", TIME)]).choices[0].message.tool_calls[0]
    assert call.function.arguments == " {}"
    with pytest.raises(openai.BadRequestError) as caught:
        ark.chat.completions.create(model="doubao-seed-1-6", messages=[
            {"role": "developer", "content": "x"}])
    assert caught.value.code == "InvalidParameter"


# --- Anthropic ------------------------------------------------------------

def test_anthropic_whole_answer(claude):
    answer = claude.messages.create(
        model="claude", max_tokens=100, system="Be short.",
        messages=ask("echo: Hello [[sim cached=3]]"))
    assert answer.content[0].text == "Hello"
    assert answer.stop_reason == "end_turn"
    assert answer.usage.cache_read_input_tokens == 3
    shown = len("Be short.") + len("echo: Hello [[sim cached=3]]")
    assert answer.usage.input_tokens + 3 == -(-shown // 4)
    assert answer.usage.output_tokens == 2


def test_anthropic_stream(claude):
    with claude.messages.stream(
            model="claude", max_tokens=100,
            messages=ask("echo: Grüße 🌊 [[sim reasoning=4]]")) as stream:
        kinds = [e.type for e in stream]
        final = stream.get_final_message()
    assert kinds[0] == "message_start" and kinds[-1] == "message_stop"
    assert [b.type for b in final.content] == ["thinking", "text"]
    assert final.content[0].signature
    assert final.content[1].text == "Grüße 🌊"
    assert final.usage.output_tokens == 4 + -(-len("Grüße 🌊".encode()) // 4)


@pytest.mark.parametrize("choice, text, names", [
    ({"type": "auto"}, "call get_weather then call get_time",
     ["get_weather", "get_time"]),
    ({"type": "any"}, "anything", ["get_weather"]),
    ({"type": "tool", "name": "get_time"}, "anything", ["get_time"]),
    ({"type": "none"}, "call get_time", []),
])
def test_anthropic_tools(claude, choice, text, names):
    arguments = dict(
        model="claude", max_tokens=100, messages=ask(text),
        tool_choice=choice, tools=[
            {"name": "get_weather", "input_schema": WEATHER},
            {"name": "get_time", "input_schema": TIME}])
    answer = claude.messages.create(**arguments)
    with claude.messages.stream(**arguments) as stream:
        streamed = stream.get_final_message()
    for message in (answer, streamed):
        calls = [b for b in message.content if b.type == "tool_use"]
        assert [c.name for c in calls] == names
        assert [c.input for c in calls if c.name == "get_weather"] == [
            {"city": "some city", "unit": "celsius"}] * names.count(
                "get_weather")
        assert message.stop_reason == ("tool_use" if names else "end_turn")


def test_anthropic_tool_result_is_told(claude):
    answer = claude.messages.create(
        model="claude", max_tokens=100,
        tools=[{"name": "get_time", "input_schema": TIME}], messages=[
            *ask("call get_time"),
            {"role": "assistant", "content": [{
                "type": "tool_use", "id": "toolu_1", "name": "get_time",
                "input": {}}]},
            {"role": "user", "content": [{
                "type": "tool_result", "tool_use_id": "toolu_1",
                "content": [{"type": "text", "text": "12:30"}]}]}])
    assert "12:30" in answer.content[0].text


def test_anthropic_errors(claude, simulator):
    with pytest.raises(anthropic.RateLimitError) as caught:
        claude.messages.create(model="claude", max_tokens=9, messages=ask(
            "x [[sim status=429 retry_after=3]]"))
    assert caught.value.body["error"]["type"] == "rate_limit_error"
    assert caught.value.response.headers["retry-after"] == "3"
    assert caught.value.body["request_id"] == \
        caught.value.response.headers["request-id"]
    with pytest.raises(anthropic.APIStatusError) as caught:
        list(claude.messages.create(
            model="claude", max_tokens=9, stream=True,
            messages=ask("x [[sim error=midstream]]")))
    assert caught.value.body["error"]["type"] == "overloaded_error"
    reply = httpx.post(f"{simulator.url}/v1/messages",
                       headers={"x-api-key": "k"}, json={})
    assert "anthropic-version" in reply.json()["error"]["message"]


# --- Gemini ---------------------------------------------------------------

def test_gemini_whole_and_streamed(gemini):
    whole = gemini.models.generate_content(
        model="gemini-2.5-flash", contents="echo: Grüße 🌊 [[sim cached=2]]")
    assert whole.text == "Grüße 🌊"
    usage = whole.usage_metadata
    assert usage.cached_content_token_count == 2
    assert usage.total_token_count == \
        usage.prompt_token_count + usage.candidates_token_count
    chunks = list(gemini.models.generate_content_stream(
        model="gemini-2.5-flash", contents="echo: Grüße 🌊"))
    assert "".join(c.text or "" for c in chunks) == "Grüße 🌊"
    assert [bool(c.candidates[0].finish_reason) for c in chunks] == \
        [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].usage_metadata.candidates_token_count == \
        usage.candidates_token_count


def test_gemini_tools(gemini):
    declarations = [
        {"name": "get_weather", "parameters_json_schema": WEATHER},
        {"name": "get_time"}]
    config = {"tools": [{"function_declarations": declarations}],
              "automatic_function_calling": {"disable": True}}
    answer = gemini.models.generate_content(
        model="gemini-2.5-flash", config=config,
        contents="call get_weather and call get_time")
    assert [(c.name, c.args) for c in answer.function_calls] == [
        ("get_weather", {"city": "some city", "unit": "celsius"}),
        ("get_time", {})]
    chunks = list(gemini.models.generate_content_stream(
        model="gemini-2.5-flash", config=config,
        contents="call get_weather and call get_time"))
    assert [c.name for chunk in chunks for c in chunk.function_calls or []] \
        == ["get_weather", "get_time"]
    assert chunks[-1].candidates[0].finish_reason.name == "STOP"


def test_gemini_array_stream_and_errors(simulator):
    url = f"{simulator.url}/v1beta/models/gemini-2.5-pro"
    body = {"contents": [{"parts": [{"text": "echo: 0123456789"}]}]}
    key = {"x-goog-api-key": "k"}
    chunks = httpx.post(f"{url}:streamGenerateContent", json=body,
                        headers=key).json()
    assert len(chunks) == 3
    sse = httpx.post(f"{url}:streamGenerateContent?alt=sse&key=k", json=body)
    assert sse.text.count("data: ") == sse.text.count("\r\n\r\n") == 3
    assert "\n\n" not in sse.text
    assert httpx.post(f"{url}:generateContent", json=body).status_code == 403
    bad = httpx.post(f"{url}:generateContent?key=invalid", json=body)
    assert bad.status_code == 400
    assert bad.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    body["contents"][0]["parts"][0]["text"] = \
        "[[sim status=429 retry_after=34]]"
    limited = httpx.post(f"{url}:generateContent", json=body, headers=key)
    assert limited.json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert limited.json()["error"]["details"][0]["retryDelay"] == "34s"
    assert "retry-after" not in limited.headers


# --- misbehaving ----------------------------------------------------------

def post(simulator, text, stream=False, **arguments):
    return httpx.post(
        f"{simulator.url}/v1/chat/completions", timeout=10 * PATIENCE,
        headers={"Authorization": "Bearer k"}, json={
            "model": "m", "messages": ask(text), "stream": stream},
        **arguments)


def test_time_passes_as_scripted(simulator):
    begun = time.monotonic()
    post(simulator, "x [[sim latency=150]]")
    assert 0.15 <= time.monotonic() - begun < 1 * PATIENCE
    begun = time.monotonic()
    post(simulator, "x [[sim ttft=100 rate=50 tokens=10]]", stream=True)
    assert 0.28 <= time.monotonic() - begun < 1.5 * PATIENCE


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("directive", ["reset", "cut"])
def test_connections_break(simulator, stream, directive):
    with pytest.raises(httpx.TransportError):
        post(simulator, f"x [[sim {directive}=after:2]]", stream)
    assert simulator.last()["outcome"] == directive
    assert simulator.last()["pieces"] == (2 if stream else 0)


def test_a_stall_lasts_until_the_client_leaves(simulator):
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{simulator.url}/v1/chat/completions", timeout=0.3,
                   headers={"Authorization": "Bearer k"}, json={
                       "model": "m", "stream": True,
                       "messages": ask("x [[sim stall=after:3]]")})
    wait_for(lambda: simulator.last()["outcome"] == "cancelled")
    assert simulator.last()["pieces"] == 3
    assert simulator.last()["after_us"] >= 290_000
    assert simulator.stats()["cancelled_streams"] == 1
    assert simulator.stats()["open_streams"] == 0


def test_garbage_and_hidden_usage(simulator):
    with pytest.raises(json.JSONDecodeError):
        post(simulator, "x [[sim garbage]]").json()
    assert "usage" not in post(simulator, "x [[sim usage=none]]").json()
    assert post(simulator, "x [[sim finish=filter]]").json()["choices"][0][
        "finish_reason"] == "content_filter"


def test_rules_apply_in_order_and_run_out(simulator):
    simulator.script({"model": "m", "status": 500, "times": 2},
                     {"model": "other", "status": 503})
    assert [post(simulator, "x").status_code for _ in range(3)] == [
        500, 500, 200]
    reply = httpx.put(f"{simulator.url}/_sim/script", json={"nonsense": 1})
    assert reply.status_code == 400 and "nonsense" in reply.text


def test_header_and_model_carry_scripts(simulator):
    reply = httpx.post(
        f"{simulator.url}/v1/chat/completions",
        headers={"Authorization": "Bearer k", "x-sim-script": "status=418"},
        json={"model": "m#status=503", "messages": ask("x")})
    assert reply.status_code == 503


def test_requests_are_kept_without_their_secrets(simulator):
    post(simulator, "echo: seen")
    seen = simulator.last()
    digest = hashlib.sha256(b"k").hexdigest()
    assert ["Authorization", f"sha256:{digest}"] in seen["headers"]
    assert seen["method"] == "POST" and seen["dialect"] == "openai"
    assert json.loads(seen["body"])["messages"][0]["content"] == "echo: seen"
    assert simulator.stats()["dialects"]["openai"]["ok"] == 1


def test_pipelined_and_chunked_requests(simulator):
    body = json.dumps({"model": "m", "messages": ask("echo: a")}).encode()
    head = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
            b"Authorization: Bearer k\r\n")
    plain = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%b\r\n" % (len(body[i:i + 7]), body[i:i + 7])
        for i in range(0, len(body), 7)) + b"0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", simulator.port)) as s:
        s.settimeout(5 * PATIENCE)
        s.sendall(plain + chunked + plain)
        answer = b""
        while answer.count(b"fp_simulator") < 3:
            answer += s.recv(65536)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


def test_a_large_prompt(simulator):
    usage = post(simulator, "y" * 3_000_000).json()["usage"]
    assert usage["prompt_tokens"] == 750_000
