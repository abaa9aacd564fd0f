"""The official SDKs, unchanged but for base URL and key, against each of the
four upstream dialects: text, tool calls, finish reason and usage are what the
provider itself says."""

import json

import anthropic
import openai
import pytest
import upstreams
from process import PATIENCE

QUESTION = "What is a weir good for? Größe, 水, 🌊."
TOOL_QUESTION = "What is the weather in Paris? Please call get_weather."


@pytest.fixture(scope="module")
def aliases(weir):
    return {kind: weir.make_simulated_model(kind)
            for kind in upstreams.KINDS}


@pytest.fixture(params=upstreams.KINDS)
def upstream(request, weir, aliases):
    """(alias, what the provider says to a question)."""
    kind = request.param
    url = weir.simulated(kind)[1]
    return aliases[kind], lambda question, tools=False: upstreams.ask(
        kind, url, question, tools)


@pytest.fixture(scope="module")
def openai_client(weir):
    return openai.OpenAI(base_url=f"{weir.gateway.url}/v1", max_retries=0,
                         api_key=weir.key["secret"], timeout=60 * PATIENCE)


@pytest.fixture(scope="module")
def anthropic_client(weir):
    return anthropic.Anthropic(
        base_url=weir.gateway.url, api_key=weir.key["secret"],
        max_retries=0, timeout=60 * PATIENCE)


def user(text):
    return [{"role": "user", "content": text}]


def assert_openai_usage(usage, truth):
    assert usage.prompt_tokens == truth.input_tokens
    assert usage.completion_tokens == truth.output_tokens
    assert usage.total_tokens == truth.input_tokens + truth.output_tokens


def test_openai_whole(openai_client, upstream):
    alias, truth = upstream
    said = openai_client.chat.completions.create(
        model=alias, messages=user(QUESTION))
    expected = truth(QUESTION)
    assert said.choices[0].message.content == expected.text
    assert said.choices[0].finish_reason == "stop"
    assert_openai_usage(said.usage, expected)


def test_openai_stream(openai_client, upstream):
    alias, truth = upstream
    text, finish, usage, pieces = "", [], None, 0
    for chunk in openai_client.chat.completions.create(
            model=alias, messages=user(QUESTION), stream=True,
            stream_options={"include_usage": True}):
        assert chunk.object == "chat.completion.chunk"
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            pieces += bool(choice.delta.content)
            finish += filter(None, [choice.finish_reason])
    expected = truth(QUESTION)
    assert text == expected.text
    assert finish == ["stop"]
    assert pieces > 1
    assert_openai_usage(usage, expected)


def test_openai_stream_without_usage_asked(openai_client, weir, upstream):
    """We ask the provider for usage; the client that did not sees none."""
    alias, truth = upstream
    with openai_client.chat.completions.with_streaming_response.create(
            model=alias, messages=user(QUESTION), stream=True) as reply:
        request_id = reply.headers["x-weir-request-id"]
        lines = [line for line in reply.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    for line in lines[:-1]:
        event = json.loads(line.removeprefix("data: "))
        assert not event.get("usage")
        assert event["choices"], "a chunk that only carried usage"
    expected = truth(QUESTION)
    row = weir.usage_row(request_id)
    assert row["input_tokens"] == expected.input_tokens
    assert row["output_tokens"] == expected.output_tokens
    assert row["estimated"] is False


def test_openai_tools_whole(openai_client, upstream):
    alias, truth = upstream
    said = openai_client.chat.completions.create(
        model=alias, messages=user(TOOL_QUESTION),
        tools=[upstreams.openai_tool()])
    expected = truth(TOOL_QUESTION, tools=True)
    calls = said.choices[0].message.tool_calls
    assert [(c.function.name, json.loads(c.function.arguments))
            for c in calls] == expected.calls
    assert expected.calls
    assert said.choices[0].finish_reason == "tool_calls"
    assert_openai_usage(said.usage, expected)


def test_openai_tools_stream(openai_client, upstream):
    alias, truth = upstream
    calls, finish = {}, []
    for chunk in openai_client.chat.completions.create(
            model=alias, messages=user(TOOL_QUESTION), stream=True,
            tools=[upstreams.openai_tool()]):
        for choice in chunk.choices:
            finish += filter(None, [choice.finish_reason])
            for call in choice.delta.tool_calls or []:
                entry = calls.setdefault(call.index, ["", ""])
                entry[0] += call.function.name or ""
                entry[1] += call.function.arguments or ""
    expected = truth(TOOL_QUESTION, tools=True)
    assert [(name, json.loads(arguments))
            for name, arguments in calls.values()] == expected.calls
    assert finish == ["tool_calls"]


def test_openai_tool_result_is_understood(openai_client, upstream):
    alias, _ = upstream
    first = openai_client.chat.completions.create(
        model=alias, messages=user(TOOL_QUESTION),
        tools=[upstreams.openai_tool()])
    message = first.choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id,
                "content": "Rain, 12 degrees."}
               for call in message.tool_calls]
    said = openai_client.chat.completions.create(
        model=alias, tools=[upstreams.openai_tool()], messages=[
            *user(TOOL_QUESTION), message.model_dump(exclude_none=True),
            *results])
    assert said.choices[0].message.content
    assert said.choices[0].finish_reason == "stop"


def test_anthropic_whole(anthropic_client, upstream):
    alias, truth = upstream
    said = anthropic_client.messages.create(
        model=alias, max_tokens=1024, messages=user(QUESTION))
    expected = truth(QUESTION)
    assert "".join(b.text for b in said.content if b.type == "text") \
        == expected.text
    assert said.stop_reason == "end_turn"
    assert said.usage.input_tokens == expected.input_tokens
    assert said.usage.output_tokens == expected.output_tokens


def test_anthropic_stream(anthropic_client, upstream):
    alias, truth = upstream
    with anthropic_client.messages.stream(
            model=alias, max_tokens=1024, messages=user(QUESTION)) as stream:
        names = [event.type for event in stream]
        said = stream.get_final_message()
    expected = truth(QUESTION)
    assert said.content[-1].text == expected.text
    assert said.stop_reason == "end_turn"
    assert said.usage.output_tokens == expected.output_tokens
    assert names[0] == "message_start"
    assert names[-1] == "message_stop"
    assert names.count("content_block_start") == \
        names.count("content_block_stop")


def test_anthropic_tools_whole(anthropic_client, upstream):
    alias, truth = upstream
    said = anthropic_client.messages.create(
        model=alias, max_tokens=1024, messages=user(TOOL_QUESTION),
        tools=[upstreams.anthropic_tool()])
    expected = truth(TOOL_QUESTION, tools=True)
    assert [(b.name, b.input) for b in said.content
            if b.type == "tool_use"] == expected.calls
    assert said.stop_reason == "tool_use"


def test_anthropic_tools_stream(anthropic_client, upstream):
    alias, truth = upstream
    with anthropic_client.messages.stream(
            model=alias, max_tokens=1024, messages=user(TOOL_QUESTION),
            tools=[upstreams.anthropic_tool()]) as stream:
        said = stream.get_final_message()
    expected = truth(TOOL_QUESTION, tools=True)
    assert [(b.name, b.input) for b in said.content
            if b.type == "tool_use"] == expected.calls
    assert said.stop_reason == "tool_use"


def test_system_prompt_and_turns_arrive(openai_client, upstream):
    alias, _ = upstream
    said = openai_client.chat.completions.create(model=alias, messages=[
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "Two."},
        {"role": "user", "content": "Three?"}])
    assert said.choices[0].message.content


def test_length_is_told_as_length(openai_client, anthropic_client, upstream):
    alias, _ = upstream
    long = "[[sim tokens=500]] Tell me everything."
    said = openai_client.chat.completions.create(
        model=alias, messages=user(long), max_tokens=20)
    assert said.choices[0].finish_reason == "length"
    said = anthropic_client.messages.create(
        model=alias, messages=user(long), max_tokens=20)
    assert said.stop_reason == "max_tokens"


def test_errors_come_in_the_callers_dialect(openai_client, anthropic_client,
                                            upstream):
    alias, _ = upstream
    bad = "[[sim status=400]] x"
    with pytest.raises(openai.BadRequestError):
        openai_client.chat.completions.create(model=alias, messages=user(bad))
    with pytest.raises(anthropic.BadRequestError):
        anthropic_client.messages.create(
            model=alias, max_tokens=10, messages=user(bad))
    busy = "[[sim status=429]] x"
    with pytest.raises(openai.RateLimitError):
        openai_client.chat.completions.create(
            model=alias, messages=user(busy))


def test_cached_and_reasoning_tokens_are_told(openai_client, weir, upstream):
    alias, _ = upstream
    said = openai_client.chat.completions.with_raw_response.create(
        model=alias, messages=user(
            "[[sim cached=8 reasoning=16]] " + "word " * 40))
    usage = said.parse().usage
    row = weir.usage_row(said.headers["x-weir-request-id"])
    assert row["cached_tokens"] == 8
    assert usage.prompt_tokens_details.cached_tokens == 8
    assert row["output_tokens"] == usage.completion_tokens
    assert row["input_tokens"] == usage.prompt_tokens
