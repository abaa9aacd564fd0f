"""./weir itself: up, again, a crash, down; nothing is left behind."""

import os
import shlex
import signal
import subprocess
import tempfile

import httpx
import pytest
from process import ROOT, free_port, wait_for

pytestmark = pytest.mark.release


def weir(*arguments, state):
    return subprocess.run(
        [ROOT / "weir", *arguments, "--state", state], text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=200)


def read_env(state):
    text = open(os.path.join(state, "env")).read()
    return dict(word.split("=", 1) for word in shlex.split(text))


def pids(state):
    folder = os.path.join(state, "run")
    return {name: int(open(os.path.join(folder, name)).read().split()[0])
            for name in os.listdir(folder)
            if name.endswith((".pid", ".child"))}


def process_identity(pid):
    """Its command line; None for one that ended, reaped or not."""
    try:
        return open(f"/proc/{pid}/cmdline", "rb").read() or None
    except OSError:
        return None


def curl_line(output):
    return next(line for line in output.splitlines()
                if line.startswith("curl "))


@pytest.fixture(scope="module")
def running():
    base = free_port() - 8080
    with tempfile.TemporaryDirectory(prefix="weir up ") as state:
        flags = ["--port-base", str(base), "--gateways", "2"]
        done = weir("up", "--detach", *flags, state=state)
        try:
            assert done.returncode == 0, done.stdout + done.stderr
            yield state, flags, done.stdout
        finally:
            weir("down", state=state)


def test_printed_curl_line_answers(running):
    _, _, output = running
    reply = subprocess.run(curl_line(output), shell=True, text=True,
                           capture_output=True)
    assert '"choices"' in reply.stdout, reply.stdout + reply.stderr


def test_env_names_everything(running):
    state, _, _ = running
    env = read_env(state)
    assert len(env["WEIR_GATEWAY_URLS"].split()) == 2
    for url in env["WEIR_GATEWAY_URLS"].split():
        assert httpx.get(f"{url}/v1/models", headers={
            "authorization": f"Bearer {env['WEIR_API_KEY']}"}).is_success
    assert httpx.get(f"{env['WEIR_CONTROL_URL']}/admin/v1/tenants", headers={
        "authorization": f"Bearer {env['WEIR_ADMIN_TOKEN']}"}).is_success
    assert subprocess.run(["psql", "-XAtc", "SELECT count(*) FROM tenants",
                           env["DATABASE_URL"]], capture_output=True,
                          text=True).stdout.strip() >= "1"
    assert os.stat(os.path.join(state, "env")).st_mode & 0o077 == 0


def test_second_up_changes_nothing(running):
    state, flags, _ = running
    before = pids(state)
    again = weir("up", "--detach", *flags, state=state)
    assert again.returncode == 0, again.stderr
    assert pids(state) == before
    assert curl_line(again.stdout)


def test_crashed_gateway_is_back_within_a_second(running):
    state, _, _ = running
    env = read_env(state)
    os.kill(pids(state)["gateway-0.child"], signal.SIGKILL)
    wait_for(lambda: httpx.get(f"{env['WEIR_GATEWAY_URL']}/v1/models",
                               headers={"authorization":
                                        f"Bearer {env['WEIR_API_KEY']}"}
                               ).status_code == 200, 1.0)


def test_status_and_logs_know_the_parts(running):
    state, _, _ = running
    shown = weir("status", state=state).stdout
    for part in ("database", "control", "simulator", "gateway-0",
                 "gateway-1"):
        assert part in shown


def test_down_ends_all_and_up_resumes_the_same_data(running):
    state, flags, _ = running
    env, before = read_env(state), pids(state)
    httpx.post(f"{env['WEIR_CONTROL_URL']}/admin/v1/tenants", headers={
        "authorization": f"Bearer {env['WEIR_ADMIN_TOKEN']}"},
        json={"slug": "kept", "name": "Kept"}).raise_for_status()
    assert weir("down", state=state).returncode == 0
    for pid in before.values():
        assert process_identity(pid) is None
    assert weir("status", state=state).returncode == 3
    done = weir("up", "--detach", *flags, state=state)
    assert done.returncode == 0, done.stderr
    assert read_env(state)["WEIR_API_KEY"] == env["WEIR_API_KEY"]
    tenants = httpx.get(f"{env['WEIR_CONTROL_URL']}/admin/v1/tenants",
                        headers={"authorization":
                                 f"Bearer {env['WEIR_ADMIN_TOKEN']}"}).json()
    assert "kept" in [t["slug"] for t in tenants["data"]]


def test_lost_key_file_is_made_good(running):
    state, flags, _ = running
    os.remove(os.path.join(state, "api-key"))
    weir("down", state=state)
    done = weir("up", "--detach", *flags, state=state)
    assert done.returncode == 0, done.stderr
    env = read_env(state)
    assert httpx.get(f"{env['WEIR_GATEWAY_URL']}/v1/models", headers={
        "authorization": f"Bearer {env['WEIR_API_KEY']}"}).is_success


def test_taken_port_is_told(running):
    _, flags, _ = running
    with tempfile.TemporaryDirectory() as other:
        done = weir("up", "--detach", *flags, state=other)
        weir("down", state=other)
    assert done.returncode == 1
    assert "taken by another program" in done.stderr
