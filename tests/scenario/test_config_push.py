"""A change is effective on every gateway within a second; a bad one nowhere."""

import threading
import time

import pytest
from process import wait_for
from provider import Provider, answer


def gateways(weir):
    return weir.admin.all("/gateways")


@pytest.mark.release
def test_model_is_served_within_a_second_everywhere(weir, provider):
    row = weir.make_provider("openai-compatible", provider.url + "/v1")
    slowest = 0
    for number in range(5):
        alias = f"pushed-{number}"
        weir.admin.post("/models", {
            "slug": alias, "alias": alias, "name": alias, "deployments": [
                {"provider": row["slug"], "upstream_model": "model-x",
                 "weight": 1, "priority": 0}]})
        began = time.monotonic()
        for gateway in weir.gateways:
            wait_for(lambda: weir.serves(gateway, alias), 5)
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 1


def test_gateways_say_which_revision_they_run(weir):
    weir.make_key("a-change")
    def together():
        rows = gateways(weir)
        return len(rows) == 2 and all(
            r["applied_rev"] == r["head_rev"] > 0 for r in rows)
    wait_for(together, 15)
    for row in gateways(weir):
        assert row["boot_id"]
        assert row["version"]
        assert row["last_seen"]


def test_no_request_misses_its_model_while_others_change(weir, provider):
    provider.script(answer("steady"))
    row = weir.make_provider("openai-compatible", provider.url + "/v1")
    alias = weir.make_model(row)
    bad, stop = [], threading.Event()

    def ask(gateway):
        while not stop.is_set():
            reply = weir.chat(alias, gateway=gateway)
            if reply.status_code != 200:
                bad.append(reply.text)

    threads = [threading.Thread(target=ask, args=(g,)) for g in weir.gateways]
    for thread in threads:
        thread.start()
    for number in range(15):
        weir.make_model(row, alias=f"other-{number}", price=False)
    stop.set()
    for thread in threads:
        thread.join()
    assert bad == []


def test_revisions_only_grow(weir, scripted):
    _, alias = scripted
    before = int(weir.chat(alias).headers["x-weir-config-version"])
    weir.make_key("one-more")
    after = int(weir.chat(alias).headers["x-weir-config-version"])
    assert after > before


def test_invalid_snapshot_is_refused_with_its_reason(pair, provider):
    """Somebody breaks a row by hand: gateways keep the old configuration,
    and the reason is there to be read."""
    provider.script(answer("unharmed"))
    row = pair.make_provider("openai-compatible", provider.url + "/v1")
    alias = pair.make_model(row)
    good = int(pair.chat(alias).headers["x-weir-config-version"])
    pair.postgres.sql(
        "UPDATE providers SET base_url = 'no url at all', kind = 'nonsense' "
        f"WHERE slug = '{row['slug']}'")
    pair.admin.post("/tenants", {"slug": "trigger", "name": "Trigger"})
    pair.admin.post("/keys", {"team_id": pair.team["id"], "name": "trigger"})

    def refused():
        rows = gateways(pair)
        assert len(rows) == 2
        return all(r["nack"] and r["nack"]["errors"] and
                   r["nack"]["rev"] > r["applied_rev"] for r in rows)
    wait_for(refused, 20, "both gateways refuse")
    assert row["slug"] in str(gateways(pair)[0]["nack"]["errors"]) or \
        row["id"] in str(gateways(pair)[0]["nack"]["errors"])
    for gateway in pair.gateways:
        reply = pair.chat(alias, gateway=gateway)
        assert reply.status_code == 200
        assert int(reply.headers["x-weir-config-version"]) >= good

    pair.postgres.sql(
        f"UPDATE providers SET base_url = '{provider.url}/v1', "
        f"kind = 'openai-compatible' WHERE slug = '{row['slug']}'")
    pair.admin.post("/keys", {"team_id": pair.team["id"], "name": "mended"})
    wait_for(lambda: all(r["applied_rev"] == r["head_rev"]
                         for r in gateways(pair)), 20, "both accept again")


def test_price_change_is_used_from_then_on(weir, provider):
    provider.script(answer(input_tokens=1_000_000, output_tokens=0))
    row = weir.make_provider("openai-compatible", provider.url + "/v1")
    alias = weir.make_model(row)
    assert float(weir.chat(alias).headers["x-weir-cost-usd"]) == 1.25


def test_unpriced_is_not_free(weir, provider):
    provider.script(answer(input_tokens=1000, output_tokens=10))
    row = weir.make_provider("openai-compatible", provider.url + "/v1")
    alias = weir.make_model(row, upstream_model="never-priced", price=False)
    reply = weir.chat(alias)
    assert reply.status_code == 200
    shown = weir.usage_row(reply.headers["x-weir-request-id"])
    assert shown["unpriced"] is True
