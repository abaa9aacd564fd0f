"""The admin API's manners, and the audit trail behind it."""

from datetime import datetime, timedelta, timezone

import httpx
import pytest


def problem(reply):
    assert reply.headers["content-type"].startswith(
        "application/problem+json"), reply.text
    body = reply.json()
    assert {"type", "title", "status", "detail", "code"} <= body.keys()
    assert body["status"] == reply.status_code
    assert body["request_id"]
    return body


def pointers(reply):
    return {e["pointer"] for e in problem(reply)["errors"]}


# problems --------------------------------------------------------------------

def test_all_faults_are_told_at_once(weir):
    reply = weir.admin.http.post("/tenants", json={
        "slug": "Not A Slug", "timezone": "Mars/Olympus", "colour": "red"})
    assert reply.status_code == 400
    assert {"/slug", "/timezone", "/colour"} <= pointers(reply)


def test_unknown_field_is_refused_and_named(weir):
    reply = weir.admin.http.post("/keys", json={
        "team_id": weir.team["id"], "name": "x", "allowed_model": ["y"]})
    assert reply.status_code == 400
    assert "/allowed_model" in pointers(reply)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b'"x"', b"null", b'{"slug":"a","slug":"b"}',
    b'{"slug":"\xff"}', b"[" * 100000, b'{"a":' * 5000 + b"1" + b"}" * 5000,
], ids=["empty", "cut", "array", "string", "null", "twice", "no-utf8",
        "deep", "deeper"])
def test_bodies_that_are_no_object_are_400(weir, body):
    reply = weir.admin.http.post(
        "/tenants", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 400, reply.text
    problem(reply)


def test_body_has_a_limit(weir):
    reply = weir.admin.http.post("/tenants", json={"name": "x" * (2 << 20)})
    assert reply.status_code == 413
    problem(reply)


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/nothing", 404), ("PUT", "/tenants", 405),
    ("GET", "/tenants/ten_00000000000000000000000000", 404),
    ("GET", "/tenants/key_00000000000000000000000000", 404),
    ("GET", "/tenants/..%2f..", 404), ("GET", "/tenants/%00", 404),
])
def test_what_is_not_there(weir, method, path, status):
    reply = weir.admin.http.request(method, path)
    assert reply.status_code in (status, 400)
    problem(reply)


def test_slug_is_taken_once(weir):
    weir.admin.post("/tenants", {"slug": "taken", "name": "A"}, expect=201)
    reply = weir.admin.http.post("/tenants", json={
        "slug": "taken", "name": "B"})
    assert reply.status_code == 409
    assert "slug" in reply.text


def test_slug_may_stand_for_the_id_in_a_body(weir):
    team = weir.admin.post("/teams", {
        "tenant_id": weir.tenant["slug"], "slug": "by-slug", "name": "T"})
    assert team["tenant_id"] == weir.tenant["id"]


# change ----------------------------------------------------------------------

def test_patch_is_merge_patch_with_etag(weir):
    made = weir.admin.post("/tenants", {
        "slug": "patched", "name": "Before", "labels": {"a": "1", "b": "2"}})
    url = f"/tenants/{made['id']}"
    shown = weir.admin.http.get(url)
    etag = shown.headers["etag"]
    reply = weir.admin.http.patch(
        url, json={"name": "After", "labels": {"a": None, "c": "3"}},
        headers={"if-match": etag})
    assert reply.status_code == 200, reply.text
    assert reply.json()["name"] == "After"
    assert reply.json()["labels"] == {"b": "2", "c": "3"}
    assert reply.json()["version"] > made["version"]
    late = weir.admin.http.patch(url, json={"name": "Late"},
                                 headers={"if-match": etag})
    assert late.status_code == 412
    assert weir.admin.get(url)["name"] == "After"


def test_idempotency_key_makes_one_thing(weir):
    headers = {"idempotency-key": "once-and-only-once"}
    body = {"slug": "idempotent", "name": "I"}
    first = weir.admin.http.post("/tenants", json=body, headers=headers)
    again = weir.admin.http.post("/tenants", json=body, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    other = weir.admin.http.post("/tenants", headers=headers, json={
        "slug": "different", "name": "I"})
    assert other.status_code == 422


# lists -----------------------------------------------------------------------

def test_pages_show_everything_once(weir):
    for number in range(7):
        weir.admin.post("/tenants", {"slug": f"page-{number}", "name": "P"})
    whole = [t["id"] for t in weir.admin.all("/tenants", limit=200)]
    paged = [t["id"] for t in weir.admin.all("/tenants", limit=2)]
    assert paged == whole
    assert len(set(paged)) == len(paged) >= 8


def test_pages_are_not_disturbed_by_new_rows(weir):
    first = weir.admin.get("/tenants", limit=3)
    seen = [t["id"] for t in first["data"]]
    weir.admin.post("/tenants", {"slug": "in-between", "name": "B"})
    token = first["next_page_token"]
    while token:
        page = weir.admin.get("/tenants", limit=3, page_token=token)
        seen += [t["id"] for t in page["data"]]
        token = page.get("next_page_token")
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("params", [
    {"limit": "0"}, {"limit": "201"}, {"limit": "x"},
    {"page_token": "nonsense"}, {"no_such_filter": "1"},
])
def test_wrong_queries_are_400(weir, params):
    reply = weir.admin.http.get("/tenants", params=params)
    assert reply.status_code == 400, reply.text
    problem(reply)


def test_page_token_is_bound_to_its_filters(weir):
    page = weir.admin.get("/tenants", limit=1)
    reply = weir.admin.http.get("/teams", params={
        "limit": 1, "page_token": page["next_page_token"]})
    assert reply.status_code == 400


# access ----------------------------------------------------------------------

def test_without_a_token_nothing_is_told(weir):
    for path in ("/tenants", "/keys", "/audit-events", "/no-such-path"):
        reply = httpx.get(f"{weir.control.url}/admin/v1{path}")
        assert reply.status_code == 401, path


def in_a_month():
    moment = datetime.now(timezone.utc) + timedelta(days=30)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def scoped(weir, *scopes):
    """(client, token) of a service account that may do only that."""
    name = "-".join(s.replace(":", "-") for s in scopes)
    account = weir.admin.post("/service-accounts", {
        "tenant_id": weir.tenant["id"], "slug": name, "name": name})
    token = weir.admin.post("/admin-tokens", {
        "name": name, "scopes": list(scopes),
        "owner": {"kind": "service_account", "id": account["id"]},
        "expires_at": in_a_month()})
    return httpx.Client(
        base_url=f"{weir.control.url}/admin/v1", timeout=20, headers={
            "authorization": f"Bearer {token['token']}"}), token


def test_scopes_limit_a_token_and_the_refusal_names_the_permission(weir):
    reader, _ = scoped(weir, "tenant:read")
    assert reader.get("/tenants").status_code == 200
    reply = reader.post("/tenants", json={"slug": "no", "name": "No"})
    assert reply.status_code == 403
    assert problem(reply)["permission"] == "tenant:create"
    assert reader.get("/keys").status_code == 403


def test_revoked_admin_token_is_dead(weir):
    client, token = scoped(weir, "team:read")
    assert client.get("/teams").status_code == 200
    weir.admin.delete(f"/admin-tokens/{token['id']}")
    assert client.get("/teams").status_code == 401


def test_token_of_one_tenant_sees_no_other(weir):
    other = weir.admin.post("/tenants", {"slug": "other", "name": "Other"})
    client, _ = scoped(weir, "tenant:read", "team:read", "key:read")
    assert client.get(f"/tenants/{other['id']}").status_code == 404
    seen = client.get("/tenants").json()["data"]
    assert [t["id"] for t in seen] == [weir.tenant["id"]]


# description -----------------------------------------------------------------

def test_openapi_describes_every_route_with_its_permission(weir):
    page = httpx.get(f"{weir.control.url}/openapi.json")
    assert page.status_code == 200
    api = page.json()
    assert api["openapi"].startswith("3.1")
    for path in ("tenants", "teams", "keys", "providers", "credentials",
                 "models", "routes", "prices", "admin-tokens", "gateways",
                 "gateway-enrollments", "service-accounts", "requests",
                 "audit-events", "usage"):
        assert f"/admin/v1/{path}" in api["paths"], path
    for path, operations in api["paths"].items():
        for method, operation in operations.items():
            if method == "parameters" or not path.startswith("/admin"):
                continue
            assert operation["summary"], path
            assert "x-permission" in operation, (path, method)


# audit -----------------------------------------------------------------------

def test_every_write_and_every_denial_is_audited(weir):
    made = weir.admin.post("/tenants", {"slug": "audited", "name": "A"})
    weir.admin.patch(f"/tenants/{made['id']}", {"name": "B"})
    weir.admin.delete(f"/tenants/{made['id']}")
    events = weir.admin.all("/audit-events", resource_id=made["id"])
    assert {e["action"] for e in events} >= {
        "tenant.create", "tenant.update"}
    assert len(events) == 3
    client, _ = scoped(weir, "price:read")
    client.post("/tenants", json={"slug": "denied", "name": "D"})
    denied = weir.admin.all("/audit-events", outcome="denied")
    assert denied


def test_audit_holds_no_secret(weir):
    key = weir.make_key("audited-key")
    text = str(weir.admin.all("/audit-events"))
    assert key["secret"] not in text
    assert key["id"] in text


def verify(environment, chain="platform"):
    return environment.admin.get("/audit/verify", chain=chain)


@pytest.fixture(scope="module")
def audited():
    from environment import Environment
    with Environment(gateways=1, simulator=False) as environment:
        for number in range(5):
            environment.admin.post("/teams", {
                "tenant_id": environment.tenant["id"],
                "slug": f"chain-{number}", "name": "C"})
        yield environment


CHAIN = "(SELECT chain FROM audit_events GROUP BY chain ORDER BY count(*) " \
    "DESC LIMIT 1)"


@pytest.mark.parametrize("tamper", [
    "UPDATE audit_events SET action = 'nothing.happened' WHERE seq = 3",
    "UPDATE audit_events SET body = replace(body, 'create', 'delete') "
    "WHERE seq = 3",
    "UPDATE audit_events SET actor_id = 'somebody else' WHERE seq = 3",
    "UPDATE audit_events SET ts = ts - interval '1 day' WHERE seq = 3",
    "UPDATE audit_events SET ip = '192.0.2.1' WHERE seq = 3",
    "DELETE FROM audit_events WHERE seq = 3",
    "UPDATE audit_events SET seq = 1000 WHERE seq = 3",
], ids=["action", "body", "actor", "time", "address", "removed", "moved"])
def test_tampering_is_found(audited, tamper):
    """Each change is made behind the API's back, found, and put right."""
    sql = audited.postgres.sql
    chain = sql(f"SELECT {CHAIN}")
    checked = verify(audited, chain)
    assert checked["ok"] is True and checked["checked"] >= 5
    sql("CREATE TABLE untouched AS SELECT * FROM audit_events")
    sql(f"{tamper} AND chain = '{chain}'")
    found = verify(audited, chain)
    sql("DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM "
        "untouched; DROP TABLE untouched")
    assert found["ok"] is False
    assert found["first_bad"]["seq"] in (3, 4)
    assert verify(audited, chain)["ok"] is True


def test_truncated_chain_is_found(audited):
    sql = audited.postgres.sql
    chain = sql(f"SELECT {CHAIN}")
    sql("CREATE TABLE untouched AS SELECT * FROM audit_events")
    sql(f"DELETE FROM audit_events WHERE chain = '{chain}' AND seq = "
        f"(SELECT max(seq) FROM audit_events WHERE chain = '{chain}')")
    found = verify(audited, chain)
    sql("DELETE FROM audit_events; INSERT INTO audit_events SELECT * FROM "
        "untouched; DROP TABLE untouched")
    assert found["ok"] is False


# usage -----------------------------------------------------------------------

def test_usage_query_adds_up_by_dimension(weir, scripted):
    _, alias = scripted
    key = weir.make_key("reported")
    for _ in range(3):
        last = weir.chat(alias, secret=key["secret"])
    weir.usage_row(last.headers["x-weir-request-id"])
    usage = weir.admin.get("/usage", key_id=key["id"], group_by="model",
                           **{"from": "2020-01-01T00:00:00Z",
                              "to": "2100-01-01T00:00:00Z"})
    results = [r for bucket in usage["buckets"] for r in bucket["results"]]
    assert [(r["model"], r["requests"]) for r in results] == [("model-x", 3)]
    assert results[0]["input_tokens"] == 36
    assert float(results[0]["cost_usd"]) > 0
