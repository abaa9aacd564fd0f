"""Canaries: secrets go in through the admin API and come out nowhere."""

import httpx
import pytest
from provider import Provider, answer, error

UPSTREAM = "sk-canary-upstream-4f1c9a7be20d"


@pytest.fixture(scope="module")
def used():
    """A Weir through which canaries went, with every text that came back."""
    from environment import Environment
    with Environment() as weir, Provider() as provider:
        row = weir.make_provider("openai-compatible", provider.url + "/v1",
                                 secret=UPSTREAM)
        alias = weir.make_model(row)
        replies = []
        provider.script(answer(), error(401, f"bad key {UPSTREAM}"),
                        error(500), answer())
        for stream in (False, False, False, True):
            replies.append(weir.chat(alias, stream=stream))
        for path in ("/v1/models", "/v1/nothing"):
            replies.append(httpx.get(weir.gateway.url + path, params={
                "key": weir.key["secret"]}))
        rotated = weir.admin.post(f"/keys/{weir.key['id']}/rotate",
                                  {"grace_seconds": 60})
        for path in ("/keys", "/credentials", "/providers", "/audit-events",
                     "/requests", "/gateways", "/admin-tokens"):
            replies.append(weir.admin.http.get(path))
        replies.append(weir.admin.http.post("/credentials", json={
            "provider_id": row["id"], "secret": UPSTREAM, "nonsense": 1}))
        weir.await_spools_empty()
        for probe in (weir.gateway.probe_url, weir.control.probe_url):
            replies.append(httpx.get(f"{probe}/metrics"))
        for gateway in weir.gateways:
            gateway.restart()
        weir.secrets = [UPSTREAM, weir.key["secret"], rotated["secret"],
                        weir.admin.token]
        weir.replies = replies
        weir.sent = [r.headers["authorization"] for r in provider.requests]
        yield weir


def parts(secret):
    """The secret, and the half of it that matters."""
    return [secret.encode(), secret[-20:].encode()]


def test_provider_got_the_real_secret(used):
    assert used.sent == [f"Bearer {UPSTREAM}"] * len(used.sent)
    assert used.sent


@pytest.mark.parametrize("number", range(4),
                         ids=["upstream", "key", "rotated", "admin"])
def test_no_reply_holds_it(used, number):
    for reply in used.replies:
        text = str(reply.headers).encode() + reply.content
        for part in parts(used.secrets[number]):
            assert part not in text, reply.url.path


@pytest.mark.parametrize("number", range(4),
                         ids=["upstream", "key", "rotated", "admin"])
def test_no_log_holds_it(used, number):
    logs = used.logs().encode()
    assert logs
    for part in parts(used.secrets[number]):
        assert part not in logs


@pytest.mark.parametrize("number", range(4),
                         ids=["upstream", "key", "rotated", "admin"])
def test_no_database_dump_holds_it(used, number):
    dump = used.postgres.dump()
    assert b"api_keys" in dump
    for part in parts(used.secrets[number]):
        assert part not in dump
        assert part.hex().encode() not in dump


def test_state_directory_holds_none(used):
    for path in used.gateway.state.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for secret in used.secrets:
                assert secret.encode() not in data, path


def test_command_lines_hold_none(used):
    for process in (used.gateway, used.control):
        line = open(f"/proc/{process.pid}/cmdline", "rb").read()
        for secret in used.secrets:
            assert secret.encode() not in line
