"""The main job: a request through both planes, and one usage row."""

import httpx
from provider import answer


def test_answer_comes_from_the_provider(weir, scripted):
    provider, alias = scripted
    provider.script(answer("Good day.", input_tokens=1000, output_tokens=200))

    reply = weir.chat(alias, "Hello")

    assert reply.status_code == 200
    body = reply.json()
    assert body["choices"][0]["message"]["content"] == "Good day."
    assert body["usage"]["prompt_tokens"] == 1000
    seen = provider.requests[0]
    assert seen.path == "/v1/chat/completions"
    assert seen.json["model"] == "model-x"
    assert seen.headers["authorization"] == "Bearer sk-upstream"


def test_request_has_one_usage_row(weir, scripted):
    provider, alias = scripted
    provider.script(answer(input_tokens=1000, output_tokens=200))

    reply = weir.chat(alias)
    row = weir.usage_row(reply.headers["x-weir-request-id"])

    assert row["outcome"] == "ok"
    assert row["http_status"] == 200
    assert row["key_id"] == weir.key["id"]
    assert row["team_id"] == weir.team["id"]
    assert row["tenant_id"] == weir.tenant["id"]
    assert (row["input_tokens"], row["output_tokens"]) == (1000, 200)
    assert row["estimated"] is False
    # 1000 × 1.25 + 200 × 10 USD per million
    assert float(row["cost_usd"]) == 0.00325
    assert row["attempts"] == 1
    assert row["attempt_list"][0]["http_status"] == 200


def test_headers_say_what_happened(weir, scripted):
    provider, alias = scripted
    provider.script(answer(input_tokens=1000, output_tokens=200))

    headers = weir.chat(alias).headers

    assert headers["x-weir-request-id"].startswith("req_")
    assert headers["x-weir-attempts"] == "1"
    assert headers["x-weir-model"] == "model-x"
    assert headers["x-weir-provider"].startswith("openai-compatible")
    assert int(headers["x-weir-config-version"]) > 0
    assert int(headers["x-weir-overhead-us"]) < 1_000_000
    assert float(headers["x-weir-cost-usd"]) == 0.00325


def test_every_gateway_serves(weir, scripted):
    _, alias = scripted
    for gateway in weir.gateways:
        assert weir.chat(alias, gateway=gateway).status_code == 200


def test_models_are_listed_in_the_callers_dialect(weir, scripted):
    _, alias = scripted
    url = f"{weir.gateway.url}/v1/models"
    key = weir.key["secret"]
    openai = httpx.get(url, headers={"authorization": f"Bearer {key}"}).json()
    assert openai["object"] == "list"
    assert {"id", "object"} <= openai["data"][0].keys()
    assert alias in [m["id"] for m in openai["data"]]
    anthropic = httpx.get(url, headers={
        "x-api-key": key, "anthropic-version": "2023-06-01"}).json()
    assert alias in [m["id"] for m in anthropic["data"]]
    assert anthropic["data"][0]["type"] == "model"


def test_unknown_model_is_refused_without_cost(weir):
    reply = weir.chat("no-such-model")
    assert reply.status_code == 404
    error = reply.json()["error"]
    assert "no-such-model" in error["message"]
    row = weir.usage_row(reply.headers["x-weir-request-id"])
    assert float(row["cost_usd"]) == 0


def test_usage_is_added_up(weir, scripted):
    provider, alias = scripted
    provider.script(answer(input_tokens=100, output_tokens=10))
    key = weir.make_key("adds-up")
    last = None
    for _ in range(5):
        last = weir.chat(alias, secret=key["secret"])
    weir.usage_row(last.headers["x-weir-request-id"])
    rows = weir.admin.all("/requests", key_id=key["id"])
    assert len(rows) == 5
    assert sum(r["input_tokens"] for r in rows) == 500
    assert len({r["request_id"] for r in rows}) == 5
