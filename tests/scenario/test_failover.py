"""The next target answers when the first cannot, before the first content."""

import pytest
from process import free_port, wait_for
from provider import (STREAM_HEAD, Dribble, Hang, Provider, Reset, Wait,
                      answer, answer_body, chunk, error, http, stream)


@pytest.fixture
def two(weir):
    """(first, second, alias): the second is asked when the first fails."""
    with Provider() as first, Provider(answer("from the second")) as second:
        rows = [weir.make_provider("openai-compatible", p.url + "/v1")
                for p in (first, second)]
        yield first, second, weir.make_model(*rows)


@pytest.mark.parametrize("script", [
    error(500), error(502), error(503), error(529),
    error(429, headers=[("retry-after", "30")]),
    [Reset()],
    [b"HTTP/1.1 200 OK\r\n", Reset()],
    [b"this is no HTTP\r\n\r\n"],
], ids=["500", "502", "503", "529", "429", "reset", "reset-in-head",
        "no-http"])
def test_second_target_answers(weir, two, script):
    first, second, alias = two
    first.script(script)
    reply = weir.chat(alias)
    assert reply.status_code == 200, reply.text
    assert reply.json()["choices"][0]["message"]["content"] \
        == "from the second"
    assert reply.headers["x-weir-attempts"] == "2"
    row = weir.usage_row(reply.headers["x-weir-request-id"])
    assert row["outcome"] == "ok"


def test_refused_connection_fails_over(weir):
    dead = weir.make_provider("openai-compatible",
                              f"http://127.0.0.1:{free_port()}/v1")
    with Provider(answer("alive")) as second:
        alive = weir.make_provider("openai-compatible", second.url + "/v1")
        reply = weir.chat(weir.make_model(dead, alive))
    assert reply.status_code == 200
    assert reply.headers["x-weir-attempts"] == "2"


def test_caller_error_is_not_tried_elsewhere(weir, two):
    first, second, alias = two
    first.script(error(400, "bad temperature"))
    reply = weir.chat(alias)
    assert reply.status_code == 400
    assert "bad temperature" in reply.text
    assert second.requests == []


def test_no_fallback_header_keeps_to_the_first(weir, two):
    first, second, alias = two
    first.script(error(503, "busy"))
    reply = weir.chat(alias, headers={"x-weir-no-fallback": "1"})
    assert reply.status_code in (502, 503)
    assert second.requests == []


def test_last_error_is_told_when_all_fail(weir, two):
    first, second, alias = two
    first.script(error(500, "first broke"))
    second.script(error(503, "second broke"))
    reply = weir.chat(alias)
    assert reply.status_code in (502, 503)
    assert reply.json()["error"]["message"]
    row = weir.usage_row(reply.headers["x-weir-request-id"])
    assert row["outcome"] == "upstream_error"
    assert float(row["cost_usd"]) == 0


def test_stream_fails_over_before_its_first_content(weir, two):
    first, second, alias = two
    first.script([STREAM_HEAD, b": thinking\n\n", Reset()])
    second.script(stream("from ", "the ", "second"))
    reply = weir.chat(alias, stream=True)
    assert "second" in reply.text
    assert reply.text.count("[DONE]") == 1
    assert len(second.requests) == 1


def test_stream_does_not_start_again_after_content(weir, two):
    first, second, alias = two
    first.script([STREAM_HEAD, chunk("one "), Wait(0.3), Reset()])
    reply = weir.chat(alias, stream=True)
    assert "one " in reply.text
    assert "[DONE]" not in reply.text
    assert '"finish_reason": "stop"' not in reply.text
    assert second.requests == []
    row = weir.usage_row(reply.headers["x-weir-request-id"])
    assert row["outcome"] == "upstream_error"
    assert row["estimated"] is True


def test_short_answer_is_not_taken_for_a_whole_one(weir, two):
    first, second, alias = two
    first.script([http(200, answer_body())[:-20], Reset()])
    reply = weir.chat(alias)
    assert reply.status_code == 200
    assert reply.json()["choices"][0]["message"]["content"] \
        == "from the second"


def test_garbage_is_never_a_success(weir, two):
    first, second, alias = two
    first.script([http(200, b"{\"choices\": [")])
    second.script([http(200, b"<html>login</html>", "text/html")])
    reply = weir.chat(alias)
    assert reply.status_code in (502, 503)
    row = weir.usage_row(reply.headers["x-weir-request-id"])
    assert row["outcome"] == "upstream_error"


def test_error_with_the_first_content_still_fails_over(weir, two):
    """Both came at once: nothing had been shown yet."""
    first, second, alias = two
    first.script([STREAM_HEAD + chunk("half ") +
                  b'data: {"error": {"message": "overloaded"}}\n\n'])
    second.script(stream("whole"))
    reply = weir.chat(alias, stream=True)
    assert "whole" in reply.text and "[DONE]" in reply.text
    assert "half" not in reply.text and "overloaded" not in reply.text
    assert reply.headers["x-weir-attempts"] == "2"


def test_error_inside_a_stream_is_passed_on(weir, two):
    first, _, alias = two
    first.script([STREAM_HEAD, chunk("half "), Wait(0.3),
                  b'data: {"error": {"message": "overloaded"}}\n\n'])
    reply = weir.chat(alias, stream=True)
    assert "overloaded" in reply.text
    assert "[DONE]" not in reply.text
    row = weir.usage_row(reply.headers["x-weir-request-id"])
    assert row["outcome"] == "upstream_error"


def test_slow_bytes_make_the_same_answer(weir, two):
    first, _, alias = two
    whole = http(200, answer_body("byte by byte"))
    first.script([Dribble(whole)])
    reply = weir.chat(alias)
    assert reply.json()["choices"][0]["message"]["content"] == "byte by byte"


def test_silent_provider_is_given_up(weir):
    with Provider([Hang()]) as silent, Provider(answer("quick")) as quick:
        slow = weir.make_provider("openai-compatible", silent.url + "/v1",
                                  timeouts={"header_ms": 500})
        good = weir.make_provider("openai-compatible", quick.url + "/v1")
        reply = weir.chat(weir.make_model(slow, good))
        assert reply.json()["choices"][0]["message"]["content"] == "quick"
        assert silent.requests[0].gone.wait(5), "the silent one was let go"


def test_route_changes_the_order(weir, two):
    first, second, alias = two
    first.script(answer("from the first"))
    providers = {p["slug"]: p for p in weir.admin.all("/providers")}
    model = next(m for m in weir.admin.all("/models") if m["alias"] == alias)
    slugs = [providers_slug(providers, d) for d in model["deployments"]]
    assert weir.chat(alias).json()["choices"][0]["message"]["content"] \
        == "from the first"
    weir.admin.patch(f"/models/{model['id']}", {"deployments": [
        {"provider": slug, "upstream_model": "model-x", "weight": 1,
         "priority": place} for place, slug in enumerate(reversed(slugs))]})
    wait_for(lambda: weir.chat(alias).json()["choices"][0]["message"]
             ["content"] == "from the second", 5)


def providers_slug(providers, deployment):
    name = deployment["provider"]
    return next(p["slug"] for p in providers.values()
                if name in (p["slug"], p["id"]))
