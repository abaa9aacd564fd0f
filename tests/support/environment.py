"""A whole Weir for a test: PostgreSQL, control plane, gateways, simulator, on
free ports and in directories of their own.

    with Environment(gateways=2) as weir:
        weir.admin.post("/tenants", {...})
        weir.gateways[0].kill()
"""

import contextlib
import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile

import certificates
import httpx
from postgres import Postgres
from process import BUILD, PATIENCE, Process, free_port, wait_for

ALIASES = itertools.count(1)


def program(name):
    return BUILD / "bin" / name


def answers(url, **arguments):
    return httpx.get(url, timeout=2 * PATIENCE, **arguments).is_success


class Admin:
    """The admin API, spoken by hand: what comes back is checked here."""

    def __init__(self, url, token):
        self.token = token
        self.http = httpx.Client(
            base_url=f"{url}/admin/v1", timeout=20 * PATIENCE,
            headers={"Authorization": f"Bearer {token}"})

    def call(self, method, path, body=None, expect=None, **arguments):
        reply = self.http.request(method, path, json=body, **arguments)
        if expect is None:
            assert reply.is_success, f"{method} {path}: {reply.text}"
        else:
            assert reply.status_code == expect, \
                f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    def get(self, path, expect=None, **params):
        return self.call("GET", path, expect=expect, params=params)

    def post(self, path, body=None, expect=None, **arguments):
        return self.call("POST", path, body if body is not None else {},
                         expect, **arguments)

    def patch(self, path, body, expect=None, **arguments):
        return self.call("PATCH", path, body, expect, **arguments)

    def delete(self, path, expect=None, **params):
        return self.call("DELETE", path, expect=expect, params=params)

    def all(self, path, **params):
        """Every element of a list, page after page."""
        found, token = [], None
        while True:
            page = self.get(path, **params,
                            **({"page_token": token} if token else {}))
            found += page["data"]
            token = page.get("next_page_token")
            if not page.get("has_more"):
                return found


class ControlPlane(Process):
    def __init__(self, folder, database_url):
        self.folder, self.database_url = folder, database_url
        self.port, self.probe = free_port(), free_port()
        self.link, self.bell = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.probe_url = f"http://127.0.0.1:{self.probe}"
        super().__init__("control", folder, [
            program("weir-control"), "serve", "--migrate",
            "--database-url", database_url, "--keyring", folder / "keys",
            "--admin-listen", f"127.0.0.1:{self.port}",
            "--probe-listen", f"127.0.0.1:{self.probe}",
            "--link-listen", f"tls+tcp://127.0.0.1:{self.link}",
            "--bell-listen", f"tls+tcp://127.0.0.1:{self.bell}",
            *certificates.flags("control")])

    def run(self, *command):
        """A command of weir-control that is not `serve`; its output."""
        done = subprocess.run(
            [program("weir-control"), *map(str, command)],
            capture_output=True, text=True,
            env={**os.environ, "WEIR_DATABASE_URL": self.database_url,
                 "WEIR_KEYRING": str(self.folder / "keys")})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def is_ready(self):
        return answers(f"{self.probe_url}/readyz")

    def start(self):
        self.spawn()
        self.await_ready()
        return self

    def await_ready(self):
        def ready():
            assert self.is_alive, self.log[-4000:]
            return self.is_ready
        wait_for(ready, 30, "the control plane is ready")


class Gateway(Process):
    def __init__(self, folder, name, control, flags=()):
        self.control = control
        self.state = folder / name
        self.state.mkdir(mode=0o700)
        self.port, self.probe = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.probe_url = f"http://127.0.0.1:{self.probe}"
        self.token = self.state / "enrolment-token"
        super().__init__(name, folder, [
            program("weir-gateway"), "--name", name, "--workers", "1",
            "--listen", f"127.0.0.1:{self.port}",
            "--probe-listen", f"127.0.0.1:{self.probe}",
            "--state", self.state,
            "--link-url", f"tls+tcp://127.0.0.1:{control.link}",
            "--bell-url", f"tls+tcp://127.0.0.1:{control.bell}",
            "--enrolment-token-file", self.token,
            *certificates.flags("gateway"), *flags])

    def enrol(self):
        self.token.write_text(
            self.control.run("enrolment", "create", "--name", self.name))
        self.token.chmod(0o600)

    @property
    def is_ready(self):
        return answers(f"{self.probe_url}/readyz")

    def start(self):
        self.spawn()
        self.await_ready()
        return self

    def await_ready(self):
        def ready():
            assert self.is_alive, self.log[-4000:]
            return self.is_ready
        wait_for(ready, 30, f"{self.name} is ready")

    def restart(self):
        """As its supervisor does after a crash."""
        self.kill()
        return self.start()

    def metric(self, name, labels=""):
        page = httpx.get(f"{self.probe_url}/metrics").text
        wanted = name + (f"{{{labels}}}" if labels else "")
        for line in page.splitlines():
            if line.startswith(wanted + " "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {wanted}")


class Simulator(Process):
    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("simulator", folder, [
            program("weir-simulator"), "--listen", f"127.0.0.1:{self.port}"])

    def start(self):
        self.spawn()
        wait_for(lambda: httpx.get(self.url).status_code, 15,
                 "the simulator answers")
        return self


class Environment:
    """Everything together.  `admin` speaks to the control plane as platform
    owner; `tenant`, `team` and `key` are there to be used."""

    def __init__(self, gateways=1, simulator=True, gateway_flags=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-scenario-"))
        self.gateway_count = gateways
        self.gateway_flags = gateway_flags
        self.with_simulator = simulator
        self.gateways, self.simulator = [], None
        self._undo = contextlib.ExitStack()

    def __enter__(self):
        with self._undo:
            self._undo.callback(self._remove)
            self._start()
            self._undo = self._undo.pop_all()
        return self

    def __exit__(self, kind, *_):
        programs = [*self.gateways, self.control]
        self._undo.close()
        if kind is None:
            for process in programs:
                process.assert_clean()
        elif os.environ.get("WEIR_KEEP"):
            print(f"kept: {self.folder}")

    def _remove(self):
        if not os.environ.get("WEIR_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self):
        self.postgres = Postgres()
        self._undo.callback(self.postgres.close)
        self.postgres.start()
        self.postgres.create()
        self.control = ControlPlane(self.folder, self.postgres.url())
        self._undo.callback(self.control.kill)
        self.control.run("keys", "create")
        self.control.start()
        self.admin = Admin(self.control.url, self.control.run(
            "admin-token", "create", "--name", "tests"))
        self._make_team()
        if self.with_simulator:
            self.simulator = Simulator(self.folder)
            self._undo.callback(self.simulator.kill)
            self.simulator.start()
        for number in range(self.gateway_count):
            gateway = self.add_gateway(f"gateway-{number}")
            gateway.start()
        self._undo.callback(self._stop_politely)
        self.key = self.make_key("first")

    def _stop_politely(self):
        for process in [*self.gateways, self.control]:
            process.stop()

    def add_gateway(self, name):
        gateway = Gateway(self.folder, name, self.control, self.gateway_flags)
        gateway.enrol()
        self._undo.callback(gateway.kill)
        self.gateways.append(gateway)
        return gateway

    @property
    def gateway(self):
        return self.gateways[0]

    def _make_team(self):
        self.tenant = self.admin.post(
            "/tenants", {"slug": "acme", "name": "Acme"})
        self.team = self.admin.post("/teams", {
            "tenant_id": self.tenant["id"], "slug": "search",
            "name": "Search"})

    def make_key(self, name, **fields):
        """The key, with its secret, known to every living gateway."""
        key = self.admin.post("/keys", {
            "team_id": self.team["id"], "name": name, **fields})
        self.await_key(key["secret"])
        return key

    def await_key(self, secret):
        for gateway in self.gateways:
            if gateway.is_alive:
                wait_for(lambda: answers(
                    f"{gateway.url}/v1/models",
                    headers={"Authorization": f"Bearer {secret}"}),
                    10, f"{gateway.name} knows the key")

    def make_provider(self, kind, base_url, slug=None, secret="sk-upstream",
                      **fields):
        """A provider with one credential."""
        slug = slug or f"{kind}-{next(ALIASES)}"
        provider = self.admin.post("/providers", {
            "slug": slug, "name": slug, "kind": kind, "base_url": base_url,
            "allow_private_network": True, **fields})
        self.admin.post("/credentials", {
            "provider_id": provider["id"], "name": f"{slug}-1",
            "secret": secret, "weight": 1})
        return provider

    def make_model(self, *providers, alias=None, upstream_model="model-x",
                   price=True):
        """An alias over providers in order of preference, served by every
        living gateway."""
        alias = alias or f"alias-{next(ALIASES)}"
        self.admin.post("/models", {
            "slug": alias, "alias": alias, "name": alias, "deployments": [
                {"provider": p["slug"], "upstream_model": upstream_model,
                 "weight": 1, "priority": place}
                for place, p in enumerate(providers)]})
        for provider in providers if price else ():
            self.make_prices(provider["slug"], upstream_model)
        self.await_model(alias)
        return alias

    def make_prices(self, provider, model):
        for meter, usd in (("input", "1.25"), ("input_cached", "0.125"),
                           ("output", "10")):
            self.admin.call("POST", "/prices", {
                "provider": provider, "model": model, "meter": meter,
                "usd_per_million": usd}, expect=201)

    def serves(self, gateway, alias):
        reply = httpx.get(f"{gateway.url}/v1/models", headers={
            "Authorization": f"Bearer {self.key['secret']}"})
        return alias in [m["id"] for m in reply.json()["data"]]

    def await_model(self, alias):
        for gateway in self.gateways:
            if gateway.is_alive:
                wait_for(lambda: self.serves(gateway, alias), 10,
                         f"{gateway.name} serves {alias}")

    def simulated(self, kind):
        """(kind, base URL) of the simulator's face of that kind."""
        path = {"openai": "/v1", "openai-compatible": "/v1",
                "ark": "/api/v3", "anthropic": "", "gemini": ""}[kind]
        return kind, self.simulator.url + path

    def make_simulated_model(self, kind="openai", **fields):
        provider = self.make_provider(*self.simulated(kind))
        return self.make_model(provider, **fields)

    def chat(self, alias, text="Hello", gateway=None, secret=None,
             stream=False, headers=None, **fields):
        """One chat completion over plain HTTP; the reply as httpx sees it."""
        gateway = gateway or self.gateway
        return httpx.post(
            f"{gateway.url}/v1/chat/completions", timeout=60 * PATIENCE,
            headers={"Authorization": "Bearer "
                     f"{secret or self.key['secret']}", **(headers or {})},
            json={"model": alias, "stream": stream, "messages": [
                {"role": "user", "content": text}], **fields})

    def usage_row(self, request_id, seconds=15):
        """The one row of this request, once it has arrived."""
        def arrived():
            rows = self.request_rows(request_id)
            assert len(rows) <= 1, f"{len(rows)} rows for one request"
            return rows
        return wait_for(arrived, seconds, f"usage of {request_id}")[0]

    def request_rows(self, request_id):
        reply = self.admin.http.get(f"/requests/{request_id}")
        if reply.status_code == 404:
            return []
        assert reply.is_success, reply.text
        body = reply.json()
        return body["data"] if "data" in body else [body]

    def await_spools_empty(self, seconds=30):
        """Every gateway has handed over what it wrote down."""
        for gateway in self.gateways:
            if gateway.is_alive:
                wait_for(lambda: gateway.metric(
                    "weir_gateway_spool_bytes") == 0, seconds,
                    f"{gateway.name} has an empty spool")

    def logs(self):
        return "".join(path.read_text(errors="replace")
                       for path in self.folder.glob("*.log"))
