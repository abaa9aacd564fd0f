"""The client leaves: the provider is told, and what happened is recorded."""

import json
import os
import random
import socket
import threading
import time

import pytest
from process import PATIENCE, wait_for
from provider import STREAM_HEAD, Endless, Hang, Provider, Wait, chunk


ROUNDS = int(os.environ.get("WEIR_ROUNDS", "10"))
STREAMS = int(os.environ.get("WEIR_STREAMS", "100"))


def open_stream(gateway, secret, alias):
    """A raw client that has sent its request for a stream."""
    body = json.dumps({"model": alias, "stream": True, "messages": [
        {"role": "user", "content": "Hello"}]}).encode()
    client = socket.create_connection(("127.0.0.1", gateway.port), 10)
    client.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: weir\r\n"
        b"authorization: Bearer " + secret.encode() + b"\r\n"
        b"content-type: application/json\r\n"
        b"content-length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
    return client


def read_until(client, word, seconds=10):
    client.settimeout(seconds * PATIENCE)
    data = b""
    while word not in data:
        more = client.recv(65536)
        assert more, f"closed before {word!r}: {data!r}"
        data += more
    return data


def request_id(data):
    for line in data.split(b"\r\n"):
        name, _, value = line.partition(b": ")
        if name.lower() == b"x-weir-request-id":
            return value.decode()
    raise AssertionError(data)


def test_provider_is_cancelled_in_mid_stream(weir, scripted):
    provider, alias = scripted
    provider.script([STREAM_HEAD, chunk("begin "), Endless(chunk("more "))])
    client = open_stream(weir.gateway, weir.key["secret"], alias)
    data = read_until(client, b"more ")
    client.close()
    left = time.monotonic()
    assert provider.requests[0].gone.wait(5)
    assert time.monotonic() - left < 1 * PATIENCE
    row = weir.usage_row(request_id(data))
    assert row["outcome"] == "client_gone"
    assert row["estimated"] is True
    assert row["output_tokens"] > 0


def test_provider_is_cancelled_before_the_first_byte(weir, scripted):
    provider, alias = scripted
    provider.script([Hang()])
    key = weir.make_key("leaves-early")
    client = open_stream(weir.gateway, key["secret"], alias)
    wait_for(lambda: provider.requests, 5)
    client.close()
    assert provider.requests[0].gone.wait(5)
    rows = wait_for(lambda: weir.admin.all("/requests", key_id=key["id"]), 15)
    assert [r["outcome"] for r in rows] == ["client_gone"]


def test_client_that_only_stops_reading_pauses_the_provider(weir, scripted):
    provider, alias = scripted
    piece = chunk("x" * 4000)
    provider.script([STREAM_HEAD, Endless(piece * 16, seconds=0)])
    client = open_stream(weir.gateway, weir.key["secret"], alias)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    read_until(client, b"xxx")
    before = weir.gateway.resident_kb()
    time.sleep(2)       # time for a gateway without limits to fill its memory
    assert weir.gateway.resident_kb() - before < 32 * 1024
    client.close()
    assert provider.requests[0].gone.wait(5)


def leave_at_random(weir, alias, secret, rng):
    client = open_stream(weir.gateway, secret, alias)
    if rng.random() < 0.8:
        read_until(client, b"more ", 30)
    time.sleep(rng.random() * 0.2)
    client.close()


@pytest.mark.release
def test_many_disconnects_leave_nothing_behind(fresh):
    """STREAMS a round, closed at random moments."""
    rng = random.Random(7)
    with Provider([STREAM_HEAD, chunk("begin "),
                   Endless(chunk("more "))]) as provider:
        alias = fresh.make_model(fresh.make_provider(
            "openai-compatible", provider.url + "/v1"))
        resident, descriptors = [], []
        for _ in range(ROUNDS):
            threads = [threading.Thread(target=leave_at_random, args=(
                fresh, alias, fresh.key["secret"], rng)) for _ in range(STREAMS)]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
            wait_for(lambda: fresh.gateway.metric(
                "weir_gateway_inflight_requests") == 0, 20)
            wait_for(lambda: fresh.gateway.metric(
                "weir_gateway_connections") == 0, 20)
            resident.append(fresh.gateway.resident_kb())
            descriptors.append(fresh.gateway.descriptors())
        assert all(r.gone.wait(10) for r in provider.requests)
        assert descriptors[-1] <= descriptors[2] + 4, descriptors
        assert resident[-1] <= resident[2] * 1.1 + 2048, resident
        fresh.await_spools_empty()
        rows = fresh.admin.all("/requests", key_id=fresh.key["id"], limit=200)
        assert len(rows) == STREAMS * ROUNDS
        assert len({r["request_id"] for r in rows}) == STREAMS * ROUNDS
