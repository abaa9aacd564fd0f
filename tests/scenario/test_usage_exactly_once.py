"""Every answered request has exactly one usage row, whatever dies."""

import json
import os
import threading
import time

import httpx
import pytest
from process import PATIENCE, wait_for
from provider import STREAM_HEAD, Hang, Provider, answer, chunk

KILLS = int(os.environ.get("WEIR_KILLS", "20"))
OUTAGE = int(os.environ.get("WEIR_OUTAGE_SECONDS", "8"))


class Load:
    """Clients that ask again and again; what they were answered is kept."""

    def __init__(self, weir, alias, clients=4):
        self.weir, self.alias = weir, alias
        self.answered, self.failed = [], []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(i,))
                         for i in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number):
        gateways = self.weir.gateways
        gateway = gateways[number % len(gateways)]
        with httpx.Client(timeout=20 * PATIENCE, headers={
                "authorization": f"Bearer {self.weir.key['secret']}"}) as http:
            while not self._stop.is_set():
                self._ask(http, gateway)

    def _ask(self, http, gateway):
        try:
            reply = http.post(f"{gateway.url}/v1/chat/completions", json={
                "model": self.alias, "messages": [
                    {"role": "user", "content": "Hello"}]})
        except httpx.HTTPError as error:
            self.failed.append(repr(error))
            self._stop.wait(0.05)
            return
        if reply.status_code == 200:
            self.answered.append(reply.headers["x-weir-request-id"])
        else:
            self.failed.append(reply.text)
            self._stop.wait(0.05)

    def wait_answered(self, more):
        wanted = len(self.answered) + more
        wait_for(lambda: len(self.answered) >= wanted, 60,
                 f"{more} more answers")


def rows_of(weir):
    return weir.admin.all("/requests", key_id=weir.key["id"], limit=200)


def assert_each_once(weir, load, ask_totals=True):
    """Answered requests: one row each, with the provider's own figures.  No
    request at all has two."""
    weir.await_spools_empty(60)
    rows = rows_of(weir)
    ids = [row["request_id"] for row in rows]
    assert len(ids) == len(set(ids)), "a request was counted twice"
    by_id = {row["request_id"]: row for row in rows}
    missing = [i for i in load.answered if i not in by_id]
    assert not missing, f"{len(missing)} of {len(load.answered)} are missing"
    for request_id in load.answered:
        row = by_id[request_id]
        assert row["outcome"] == "ok"
        assert (row["input_tokens"], row["output_tokens"]) == (12, 3)
        assert row["estimated"] is False
    for row in rows:
        if row["request_id"] not in set(load.answered):
            assert row["estimated"] or row["outcome"] != "ok" \
                or row["input_tokens"] == 12
    if ask_totals:
        assert_totals(weir, rows)


def assert_totals(weir, rows):
    """The sums that reports read are those of the rows."""
    totals = weir.postgres.rows(
        "SELECT sum(requests) AS requests, sum(input_tokens) AS input, "
        "sum(cost_nano) AS cost FROM usage_totals t JOIN api_keys k "
        f"ON k.sid = t.key_sid WHERE k.name = '{weir.key['name']}'")[0]
    raw = weir.postgres.rows(
        "SELECT sum(count) AS requests, sum(input_tokens) AS input, "
        "sum(cost_nano) AS cost FROM usage_events t JOIN api_keys k "
        f"ON k.sid = t.key_sid WHERE k.name = '{weir.key['name']}'")[0]
    assert totals == raw
    assert raw["requests"] == len(rows)


@pytest.fixture
def loaded(pair, provider):
    provider.script(answer(input_tokens=12, output_tokens=3))
    alias = pair.make_model(pair.make_provider(
        "openai-compatible", provider.url + "/v1"))
    return pair, alias


def test_gateway_is_killed_under_load(loaded):
    weir, alias = loaded
    with Load(weir, alias) as load:
        for _ in range(KILLS):
            load.wait_answered(20)
            weir.gateway.kill()
            weir.gateway.start()
        load.wait_answered(50)
    assert_each_once(weir, load)


def test_control_plane_is_killed_under_load(loaded):
    weir, alias = loaded
    with Load(weir, alias) as load:
        for _ in range(max(KILLS // 4, 3)):
            load.wait_answered(50)
            weir.control.kill()
            load.wait_answered(50)
            weir.control.start()
        load.wait_answered(50)
    assert load.failed == []
    assert_each_once(weir, load)


def test_database_is_away_under_load(loaded):
    weir, alias = loaded
    with Load(weir, alias) as load:
        load.wait_answered(50)
        weir.postgres.stop()
        end = time.monotonic() + OUTAGE
        while time.monotonic() < end:
            load.wait_answered(20)
        weir.postgres.start()
        load.wait_answered(50)
        wait_for(lambda: weir.control.is_ready, 30, "control is ready again")
    assert load.failed == []
    assert_each_once(weir, load)


def test_acknowledgement_is_lost(loaded):
    """The control plane commits and dies, or stalls, before it can say so:
    the batch comes again and is counted once."""
    weir, alias = loaded
    with Load(weir, alias) as load:
        for _ in range(5):
            load.wait_answered(30)
            weir.control.pause()
            load.wait_answered(30)
            weir.control.resume()
    assert load.failed == []
    assert_each_once(weir, load)


def test_request_in_flight_at_a_kill_has_one_estimated_row(fresh):
    with Provider([STREAM_HEAD, chunk("begin "), Hang()]) as provider:
        alias = fresh.make_model(fresh.make_provider(
            "openai-compatible", provider.url + "/v1"))
        request_id = start_and_kill(fresh, alias)
        fresh.gateway.start()
        row = fresh.usage_row(request_id)
        assert row["estimated"] is True
        assert row["outcome"] == "error"
        fresh.gateway.restart()
        fresh.await_spools_empty()
        assert len(rows_of(fresh)) == 1


def start_and_kill(weir, alias):
    with httpx.stream("POST", f"{weir.gateway.url}/v1/chat/completions",
                      headers={"authorization":
                               f"Bearer {weir.key['secret']}"},
                      json={"model": alias, "stream": True, "messages": [
                          {"role": "user", "content": "Hello"}]}) as reply:
        request_id = reply.headers["x-weir-request-id"]
        pieces = reply.iter_bytes()     # dropping it would hang up
        next(pieces)
        weir.gateway.kill()
    return request_id


def test_damaged_spool_is_set_aside_not_counted(fresh, provider):
    """Bytes that a disk changed are not believed, and nothing else is lost."""
    provider.script(answer(input_tokens=12, output_tokens=3))
    alias = fresh.make_model(fresh.make_provider(
        "openai-compatible", provider.url + "/v1"))
    fresh.control.kill()
    for _ in range(10):
        assert fresh.chat(alias).status_code == 200
    fresh.gateway.kill()
    files = [p for p in fresh.gateway.state.rglob("*")
             if p.is_file() and "spool" in str(p.relative_to(
                 fresh.gateway.state)) and p.stat().st_size > 200]
    assert files, "the spool lies under the state directory"
    data = bytearray(files[0].read_bytes())
    filled = len(bytes(data).rstrip(b"\0"))
    data[filled - 20] ^= 0xff
    files[0].write_bytes(data)
    fresh.gateway.spawn()
    fresh.control.start()
    fresh.gateway.await_ready()
    fresh.await_spools_empty()
    rows = rows_of(fresh)
    assert 9 <= len(rows) <= 10
    assert len({r["request_id"] for r in rows}) == len(rows)
