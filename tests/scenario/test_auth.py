"""Who may call: every way to present a key, and every way to present none."""

import httpx
import pytest


def models(weir, headers=None, params=None):
    return httpx.get(f"{weir.gateway.url}/v1/models", headers=headers,
                     params=params)


@pytest.mark.parametrize("present", [
    lambda key: ({"authorization": f"Bearer {key}"}, None),
    lambda key: ({"authorization": f"bearer {key}"}, None),
    lambda key: ({"x-api-key": key}, None),
    lambda key: ({"api-key": key}, None),
    lambda key: ({"x-goog-api-key": key}, None),
    lambda key: ({}, {"key": key}),
], ids=["bearer", "bearer-lower", "x-api-key", "api-key", "x-goog-api-key",
        "query"])
def test_every_credential_place_is_accepted(weir, present):
    headers, params = present(weir.key["secret"])
    assert models(weir, headers, params).status_code == 200


def with_wrong_secret(key):
    """Right shape, right checksum, wrong secret: only the verifier knows."""
    import zlib
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    start = key[:-7] + ("a" if key[-7] != "a" else "b")
    crc, tail = zlib.crc32(start.encode()), ""
    for _ in range(6):
        crc, digit = divmod(crc, 62)
        tail = alphabet[digit] + tail
    return start + tail


@pytest.mark.parametrize("break_key", [
    lambda key: "",
    lambda key: "sk-weir-",
    lambda key: key[:-1],
    lambda key: key + "x",
    lambda key: key[:-1] + ("a" if key[-1] != "a" else "b"),
    with_wrong_secret,
    lambda key: "sk-" + "x" * 48,
    lambda key: key.upper(),
    lambda key: "Bearer " + key,
], ids=["empty", "prefix", "short", "long", "checksum", "secret", "foreign",
        "case", "twice"])
def test_wrong_keys_are_refused(weir, break_key):
    key = break_key(weir.key["secret"])
    reply = models(weir, {"authorization": f"Bearer {key}".strip()})
    assert reply.status_code == 401
    assert reply.json()["error"]["message"]
    assert weir.key["secret"] not in reply.text


def test_no_key_is_refused_in_the_callers_dialect(weir):
    body = {"model": "x", "max_tokens": 1,
            "messages": [{"role": "user", "content": "x"}]}
    openai = httpx.post(f"{weir.gateway.url}/v1/chat/completions", json=body)
    assert openai.status_code == 401
    assert openai.json()["error"]["type"]
    anthropic = httpx.post(f"{weir.gateway.url}/v1/messages", json=body)
    assert anthropic.status_code == 401
    assert anthropic.json()["type"] == "error"
    assert anthropic.json()["error"]["type"] == "authentication_error"
    for reply in (openai, anthropic):
        assert reply.json().get("request_id") or \
            reply.json()["error"].get("request_id") or \
            reply.headers["x-weir-request-id"]


def test_admin_token_is_no_key_and_key_is_no_admin_token(weir):
    token = weir.admin.token
    assert models(weir, {"authorization": f"Bearer {token}"}
                  ).status_code == 401
    reply = httpx.get(f"{weir.control.url}/admin/v1/tenants", headers={
        "authorization": f"Bearer {weir.key['secret']}"})
    assert reply.status_code == 401


def test_key_may_be_bound_to_models(weir, scripted):
    _, alias = scripted
    key = weir.make_key("only-others", allowed_models=["another-model"])
    reply = weir.chat(alias, secret=key["secret"])
    assert reply.status_code in (403, 404)
    key = weir.make_key("this-one", allowed_models=[alias])
    assert weir.chat(alias, secret=key["secret"]).status_code == 200
    listed = models(weir, {"authorization": f"Bearer {key['secret']}"})
    assert [m["id"] for m in listed.json()["data"]] == [alias]


def test_key_may_be_bound_to_addresses(weir, scripted):
    _, alias = scripted
    inside = weir.make_key("inside", cidrs=["127.0.0.0/8"])
    assert weir.chat(alias, secret=inside["secret"]).status_code == 200
    outside = weir.admin.post("/keys", {
        "team_id": weir.team["id"], "name": "outside",
        "cidrs": ["192.0.2.0/24"]})
    weir.make_key("after-outside")      # the snapshot has both by now
    assert weir.chat(alias, secret=outside["secret"]).status_code in (401, 403)
