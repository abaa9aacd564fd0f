"""weirctl against a real control plane: verbs, exit codes, seeding."""

import json
import os
import stat
import subprocess

import pytest
from environment import Environment
from process import BUILD, ROOT

STARTER = ROOT / "deploy/starter.json"
SIMULATOR = "http://127.0.0.1:7700"
OK, ERROR, DRIFT, DENIED, NOT_FOUND, CONFLICT, USAGE, UNAVAILABLE = range(8)


class Weirctl:
    def __init__(self, url=None, token=None, folder=None):
        self.globals = ["--url", url, "--token", token] if url else []
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.endswith("_API_KEY") and not name.startswith("WEIR_")}
        if folder:
            self.environment["XDG_CONFIG_HOME"] = str(folder)

    def run(self, *args, stdin=None, **environment):
        return subprocess.run(
            [BUILD / "bin/weirctl", *self.globals, *map(str, args)],
            input=stdin, capture_output=True, text=True, timeout=60,
            env={**self.environment, **environment}, check=False)

    def __call__(self, *args, expect=OK, **more):
        done = self.run(*args, **more)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout

    def json(self, *args):
        return json.loads(self("-o", "json", *args))

    def seed(self, *flags, expect=OK, **environment):
        text = self("seed", STARTER, *flags, expect=expect, **environment)
        return text.splitlines()[-1]


@pytest.fixture(scope="module")
def weir():
    with Environment(gateways=0, simulator=False) as environment:
        yield environment


@pytest.fixture
def ctl(weir, tmp_path):
    return Weirctl(weir.control.url, weir.admin.token, tmp_path)


# --- verbs -----------------------------------------------------------------

def test_a_resource_from_birth_to_end(ctl):
    made = ctl.json("create", "tenant", "--slug", "ctl", "--name", "Ctl",
                    "--labels", "env=test")
    assert made["labels"] == {"env": "test"}
    assert ctl.json("get", "tenants", "ctl") == ctl.json(
        "get", "tenant", made["id"]) == made
    changed = ctl.json("update", "tenant", "ctl", "--name", "Other")
    assert (changed["name"], changed["version"]) == ("Other", 2)
    team = ctl.json("create", "team", "--tenant_id", made["id"],
                    "--slug", "one", "--name", "One")
    key = ctl.json("create", "key", "--team-id", team["id"], "--name", "k",
                   "--allowed-models", "a,b")
    assert key["allowed_models"] == ["a", "b"]
    rotated = ctl.json("key", "rotate", key["id"], "--grace-seconds", "60")
    assert rotated["secret"] != key["secret"]
    ctl("key", "revoke", key["id"], "--reason", "test")
    assert ctl.json("get", "key", key["id"])["status"] == "revoked"


def test_bodies_from_files_and_standard_input(ctl, tmp_path):
    body = {"slug": "filed", "name": "Filed"}
    path = tmp_path / "body.json"
    path.write_text(json.dumps(body))
    assert ctl.json("create", "tenant", "-f", path, "--name", "Won")[
        "name"] == "Won"
    ctl("create", "tenant", "-f", "-", expect=CONFLICT,
        stdin=json.dumps(body))
    path.write_text("{")
    ctl("create", "tenant", "-f", path, expect=USAGE)


def test_pages_are_followed(ctl):
    for number in range(7):
        ctl("create", "tenant", "--slug", f"page-{number}", "--name", "P")
    page = ctl("-o", "name", "list", "tenants", "--limit", "3", "--q", "page")
    assert len(page.split()) == 3
    everything = ctl("-o", "name", "list", "tenants", "--limit", "3",
                     "--q", "page", "--all").split()
    assert len(everything) == len(set(everything)) == 7


def test_tables_fit_80_columns(ctl):
    ctl.seed("--simulator", SIMULATOR)
    for resource in ("tenants", "teams", "keys", "providers", "credentials",
                     "models", "routes", "prices", "service-accounts",
                     "admin-tokens", "gateway-enrollments", "gateways",
                     "requests", "audit-events", "usage"):
        lines = ctl("list", resource).splitlines()
        assert lines, resource
        assert max(map(len, lines)) <= 80, resource


def test_exit_codes(ctl, weir, tmp_path):
    ctl("get", "tenant", "nobody", expect=NOT_FOUND)
    ctl("list", "unheard-of", expect=USAGE)
    ctl("create", "tenant", expect=USAGE)
    ctl("update", "tenant", "acme", "--version", expect=USAGE)
    ctl("create", "tenant", "--slug", "acme", "--name", "x", expect=CONFLICT)
    Weirctl(weir.control.url, "weir_at_wrong", tmp_path)(
        "list", "tenants", expect=DENIED)
    Weirctl("http://127.0.0.1:1", "t", tmp_path)(
        "list", "tenants", expect=UNAVAILABLE)
    Weirctl(folder=tmp_path)("list", "tenants", expect=USAGE)
    Weirctl(folder=tmp_path)("nonsense", expect=USAGE)


def test_faults_are_named(ctl):
    done = ctl.run("create", "tenant", "--slug", "Bad Slug", "--colour", "x")
    assert done.returncode == ERROR and done.stdout == ""
    for text in ("/slug: ", "/colour: ", "request_id: req_"):
        assert text in done.stderr


def test_environment_and_contexts(weir, tmp_path):
    bare = Weirctl(folder=tmp_path)
    place = {"WEIR_CONTROL_URL": weir.control.url,
             "WEIR_ADMIN_TOKEN": weir.admin.token}
    assert "acme" in bare("list", "tenants", **place)
    token = tmp_path / "token"
    token.write_text(weir.admin.token + "\n")
    bare("context", "add", "here", "--url", weir.control.url,
         "--token-file", token)
    bare("context", "add", "there", "--url", "http://127.0.0.1:1")
    assert "acme" in bare("list", "tenants")
    bare("context", "use", "there")
    bare("list", "tenants", expect=UNAVAILABLE)
    assert "acme" in bare("--context", "here", "list", "tenants")
    bare("context", "use", "nowhere", expect=NOT_FOUND)
    path = tmp_path / "weir/contexts.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    bare("list", "tenants", expect=USAGE)


def test_completion_and_version(tmp_path):
    bare = Weirctl(folder=tmp_path)
    assert "complete" in bare("completion", "bash")
    assert bare("version").startswith("weirctl ")
    assert "usage" in bare("help")


# --- seeding -----------------------------------------------------------------

def test_seeding_is_idempotent_and_switches(tmp_path):
    with Environment(gateways=0, simulator=False) as weir:
        ctl = Weirctl(weir.control.url, weir.admin.token, tmp_path)
        simulated = ["--simulator", SIMULATOR]
        assert ctl.seed(*simulated, "--dry-run", expect=DRIFT).startswith(
            "created 21")
        assert ctl.json("list", "providers") == []

        secret = tmp_path / "key"
        assert ctl.seed(*simulated, "--key-file", secret).startswith(
            "created 21, changed 0")
        assert secret.read_text().startswith("sk-weir-")
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        openai = ctl.json("get", "provider", "openai")
        assert openai["base_url"] == f"{SIMULATOR}/openai/v1"
        assert openai["allow_private_network"] is True
        assert len(ctl.json("list", "models")) == 9

        before = weir.admin.get("/audit-events")["data"][0]["id"]
        assert ctl.seed(*simulated) == \
            "created 0, changed 0, unchanged 21, left alone 0"
        assert weir.admin.get("/audit-events")["data"][0]["id"] == before

        # The key appears: that provider becomes real, the others stay.
        assert ctl.seed(*simulated, OPENAI_API_KEY="sk-1").startswith(
            "created 0, changed 2, unchanged 19")
        openai = ctl.json("get", "provider", "openai")
        assert openai["base_url"] == "https://api.openai.com/v1"
        assert openai["allow_private_network"] is False
        credentials = ctl.json("list", "credentials",
                               "--provider-id", openai["id"])
        assert [c["env_ref"] for c in credentials] == ["OPENAI_API_KEY"]
        assert ctl.seed(*simulated).startswith("created 0, changed 2")

        # What people change stays changed, what they made is left alone.
        ctl("update", "model", "gpt-5", "--name", "Ours")
        ctl("update", "model", "auto", "--labels", "mine=1")
        assert ctl.seed(*simulated).startswith(
            "created 0, changed 0")
        assert ctl.json("get", "model", "gpt-5")["name"] == "Ours"


def test_prices_are_loaded_once(ctl):
    ctl.seed("--simulator", SIMULATOR)
    rows = ctl.json("list", "prices", "--provider", "anthropic", "--model",
                    "claude-sonnet-4-5-20250929", "--all")
    catalogue = json.loads((ROOT / "deploy/prices.json").read_text())["rows"]
    wanted = {(r["meter"], r.get("ctx_above", 0)): r["usd_per_million"]
              for r in catalogue if r["model"] == "claude-sonnet-4-5-20250929"}
    assert {(r["meter"], r["ctx_above"]): r["usd_per_million"]
            for r in rows} == wanted
    assert wanted[("input", 0)] == "3"
