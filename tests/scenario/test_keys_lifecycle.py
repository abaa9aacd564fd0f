"""A key's life: made, shown once, rotated with grace, disabled, revoked."""

import time
from datetime import datetime, timedelta, timezone

import httpx
import pytest
from process import wait_for


def status(gateway, secret):
    return httpx.get(f"{gateway.url}/v1/models", headers={
        "authorization": f"Bearer {secret}"}).status_code


def test_secret_is_shown_once(weir):
    key = weir.make_key("shown-once")
    again = weir.admin.get(f"/keys/{key['id']}")
    assert "secret" not in again
    assert key["secret"] not in str(again)
    assert again["display"] and again["display"] in (
        again["display"], key["secret"])
    assert key["secret"] not in str(weir.admin.all("/keys"))


@pytest.mark.release
def test_revocation_is_effective_within_a_second_everywhere(weir):
    key = weir.make_key("revoked")
    weir.admin.delete(f"/keys/{key['id']}", reason="leaked")
    began = time.monotonic()
    for gateway in weir.gateways:
        wait_for(lambda: status(gateway, key["secret"]) == 401, 5)
    assert time.monotonic() - began < 1
    shown = weir.admin.get(f"/keys/{key['id']}")
    assert shown["status"] == "revoked"


@pytest.mark.release
def test_new_key_is_known_within_a_second_everywhere(weir):
    key = weir.admin.post("/keys", {"team_id": weir.team["id"],
                                    "name": "new"})
    began = time.monotonic()
    for gateway in weir.gateways:
        wait_for(lambda: status(gateway, key["secret"]) == 200, 5)
    assert time.monotonic() - began < 1


def test_rotation_keeps_the_old_secret_for_its_grace(weir):
    key = weir.make_key("rotated")
    new = weir.admin.post(f"/keys/{key['id']}/rotate", {"grace_seconds": 3})
    assert new["secret"] != key["secret"]
    weir.await_key(new["secret"])
    for gateway in weir.gateways:
        assert status(gateway, key["secret"]) == 200
    for gateway in weir.gateways:
        wait_for(lambda: status(gateway, key["secret"]) == 401, 10,
                 "the old secret dies after its grace")
        assert status(gateway, new["secret"]) == 200


def test_rotation_without_grace_ends_the_old_secret(weir):
    key = weir.make_key("rotated-now")
    new = weir.admin.post(f"/keys/{key['id']}/rotate", {"grace_seconds": 0})
    weir.await_key(new["secret"])
    for gateway in weir.gateways:
        wait_for(lambda: status(gateway, key["secret"]) == 401, 5)


def test_disabled_key_can_be_enabled_again(weir):
    key = weir.make_key("disabled")
    weir.admin.call("POST", f"/keys/{key['id']}/disable")
    for gateway in weir.gateways:
        wait_for(lambda: status(gateway, key["secret"]) in (401, 403), 5)
    weir.admin.call("POST", f"/keys/{key['id']}/enable")
    weir.await_key(key["secret"])


def test_expired_key_is_refused_without_anybody_pushing(weir):
    soon = datetime.now(timezone.utc) + timedelta(seconds=3)
    key = weir.make_key("expires", expires_at=soon.strftime(
        "%Y-%m-%dT%H:%M:%SZ"))
    for gateway in weir.gateways:
        wait_for(lambda: status(gateway, key["secret"]) == 401, 10)
