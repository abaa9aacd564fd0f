"""Without a control plane: gateways serve on, and start again from disk."""

import httpx
from process import wait_for
from provider import answer


def make_alias(weir, provider):
    provider.script(answer("still here"))
    return weir.make_model(weir.make_provider(
        "openai-compatible", provider.url + "/v1", secret="sk-canary-disk"))


def test_gateway_restarts_from_its_last_good_snapshot(fresh, provider):
    alias = make_alias(fresh, provider)
    fresh.control.kill()
    fresh.postgres.stop()
    fresh.gateway.restart()
    reply = fresh.chat(alias)
    assert reply.status_code == 200
    assert reply.json()["choices"][0]["message"]["content"] == "still here"
    fresh.postgres.start()
    fresh.control.start()
    row = fresh.usage_row(reply.headers["x-weir-request-id"], 30)
    assert row["outcome"] == "ok"


def test_snapshot_on_disk_holds_no_secret_in_clear(fresh, provider):
    make_alias(fresh, provider)
    fresh.gateway.stop()
    for path in fresh.gateway.state.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"sk-canary-disk" not in data, path
            assert fresh.key["secret"].encode() not in data, path
            assert path.stat().st_mode & 0o077 == 0, f"{path} is readable"


def test_changed_snapshot_on_disk_is_refused(fresh, provider):
    """A gateway with a file that somebody touched does not serve from it."""
    make_alias(fresh, provider)
    fresh.control.kill()
    fresh.gateway.kill()
    touched = 0
    for path in fresh.gateway.state.rglob("*"):
        name = str(path.relative_to(fresh.gateway.state))
        if path.is_file() and ("snapshot" in name or "config" in name):
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
            touched += 1
    assert touched, "no snapshot on disk"
    fresh.gateway.spawn()
    wait_for(lambda: httpx.get(
        f"{fresh.gateway.probe_url}/livez").status_code == 200, 10)
    assert not fresh.gateway.is_ready
    fresh.control.start()
    fresh.gateway.await_ready()


def test_gateway_without_state_waits_for_the_control_plane(fresh):
    fresh.control.kill()
    late = fresh.add_gateway("gateway-late")
    late.spawn()
    wait_for(lambda: httpx.get(
        f"{late.probe_url}/livez").status_code == 200, 10)
    assert not late.is_ready
    reply = fresh.chat("anything", gateway=late)
    assert reply.status_code == 503
    fresh.control.start()
    late.await_ready()


def test_changes_made_during_an_outage_arrive_after_it(fresh, provider):
    alias = make_alias(fresh, provider)
    fresh.gateway.pause()
    fresh.admin.delete(f"/keys/{fresh.key['id']}", reason="leaked")
    fresh.gateway.resume()
    wait_for(lambda: fresh.chat(alias).status_code == 401, 10)
