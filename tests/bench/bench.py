"""Weir against nginx and against no proxy at all, in interleaved rounds.

    bench.py [case ...]      cases: small large sse
    bench.py --rounds 7 --seconds 4

One worker of the gateway and one of nginx are pinned to CPU 0; the load and
the simulated provider have CPU 1.  What counts is CPU time per request (or
per chunk), the minimum over the rounds, as a ratio to nginx measured in the
same run: absolute times say more about the machine than about us.

Everything a request costs is on: authentication, routing, metering, spool.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))

from environment import Environment  # noqa: E402
from process import BUILD, Process, free_port, wait_for  # noqa: E402

GATEWAY_CPU, LOAD_CPU = "0", "1"
BARS = {"small": 2.0, "large": 1.8, "sse": 1.3}
RSS_BAR_KB = 40

NGINX = """
worker_processes 1;
worker_cpu_affinity 01;
worker_rlimit_nofile 20000;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 19000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000000;
  client_body_buffer_size 256k;
  client_max_body_size 64m;
  upstream provider {{ server 127.0.0.1:{upstream}; keepalive 10000;
    keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 300s;
    }}
  }}
}}
"""

WRK_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {key}"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
file:close()
wrong = 0
local threads = {{}}
function setup(thread) table.insert(threads, thread) end
function response(status, headers, body)
  if status ~= 200 or not string.find(body, '"total_tokens"', 1, true) then
    wrong = wrong + 1
  end
end
function done(summary, latency, requests)
  local bad = 0
  for _, thread in ipairs(threads) do bad = bad + thread:get("wrong") end
  io.write(string.format("RESULT %d %d %d\\n", summary.requests,
    bad + summary.errors.connect + summary.errors.read +
    summary.errors.write + summary.errors.timeout, summary.duration))
end
"""


class Nginx(Process):
    def __init__(self, folder, upstream):
        self.port = free_port()
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(
            folder=folder, upstream=upstream, port=self.port))
        super().__init__("nginx", folder, [
            shutil.which("nginx") or "/usr/sbin/nginx", "-c", config])

    def start(self):
        self.spawn()
        wait_for(lambda: len(children(self.pid)) > 0, 10, "nginx runs")
        return self

    @property
    def worker(self):
        return children(self.pid)[0]


def children(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()]


def cpu_ns(pid):
    """CPU time of all threads of a process, living ones."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total


def rss_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def pinned(cpu, *command):
    return ["taskset", "-c", cpu, *map(str, command)]


class Target:
    def __init__(self, name, port, pid):
        self.name, self.port, self.pid = name, port, pid
        self.samples = []


class Bench:
    def __init__(self, rounds, seconds):
        self.rounds, self.seconds = rounds, seconds
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-bench-"))
        self.result = {"rounds": rounds, "cases": {}}

    def __enter__(self):
        self.weir = Environment(gateway_flags=("--pin-cpu", GATEWAY_CPU))
        self.weir.__enter__()
        subprocess.run(["taskset", "-acp", LOAD_CPU,
                        str(self.weir.simulator.pid)],
                       check=True, stdout=subprocess.DEVNULL)
        self.alias = self.weir.make_simulated_model(
            "openai", alias="bench", upstream_model="bench")
        self.nginx = Nginx(self.folder, self.weir.simulator.port).start()
        return self

    def __exit__(self, *_):
        self.nginx.kill()
        self.weir.__exit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    def targets(self):
        gateway = self.weir.gateway
        return [
            Target("direct", self.weir.simulator.port, None),
            Target("nginx", self.nginx.port, self.nginx.worker),
            Target("weir", gateway.port, gateway.pid),
        ]

    def body(self, name, document):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(document))
        return path

    # --- requests and answers -------------------------------------------------

    def requests(self, name, document, connections):
        script = self.folder / f"{name}.lua"
        script.write_text(WRK_SCRIPT.format(
            key=self.weir.key["secret"], body=self.body(name, document)))
        targets = self.targets()
        for target in targets:
            self.wrk(target, script, connections, 1)
        for number in range(self.rounds):
            for target in targets:
                self.sample(target, script, connections)
        self.report(name, targets, "us/request")

    def wrk(self, target, script, connections, seconds):
        done = subprocess.run(pinned(
            LOAD_CPU, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
            "-s", script, f"http://127.0.0.1:{target.port}"
            "/v1/chat/completions"), capture_output=True, text=True)
        found = re.search(r"RESULT (\d+) (\d+) (\d+)", done.stdout)
        assert found, done.stdout + done.stderr
        count, wrong = int(found[1]), int(found[2])
        assert wrong == 0, f"{target.name}: {wrong} of {count} went wrong"
        return count, int(found[3]) / 1e6

    def sample(self, target, script, connections):
        before = cpu_ns(target.pid) if target.pid else 0
        count, took = self.wrk(target, script, connections, self.seconds)
        spent = (cpu_ns(target.pid) - before if target.pid else 0)
        target.samples.append((spent / 1000 / count, count / took))

    # --- streams ----------------------------------------------------------------

    def streams(self, count=5000):
        rate, tokens = 5, 5 * (self.seconds + 30)
        body = self.body("sse", {
            "model": self.alias, "stream": True, "messages": [{
                "role": "user", "content":
                    f"[[sim rate={rate} tokens={tokens} "
                    "ttft=0]] go"}]})
        targets = self.targets()
        for number in range(self.rounds):
            for target in targets:
                self.stream_sample(target, body, count)
        self.report("sse", targets, "us/chunk")

    def stream_sample(self, target, body, count):
        idle_kb = rss_kb(target.pid) if target.pid else 0
        client = subprocess.Popen(pinned(
            LOAD_CPU, BUILD / "bin/bench-streams", "--target",
            f"127.0.0.1:{target.port}", "--body", body, "--header",
            f"Authorization: Bearer {self.weir.key['secret']}",
            "--streams", count, "--seconds", self.seconds),
            stdout=subprocess.PIPE, text=True)
        assert client.stdout.readline() == "measuring\n"
        before = cpu_ns(target.pid) if target.pid else 0
        line = client.stdout.readline()
        spent = cpu_ns(target.pid) - before if target.pid else 0
        open_kb = rss_kb(target.pid) if target.pid else 0
        assert client.wait() == 0, f"{target.name}: {line}"
        seen = json.loads(line)
        target.samples.append((spent / 1000 / seen["events"],
                               seen["events"] / self.seconds,
                               (open_kb - idle_kb) / count))
        if target.name == "weir":
            wait_for(lambda: self.weir.gateway.metric(
                "weir_gateway_inflight_requests") == 0, 60,
                "the streams are over")

    # --- what was seen -----------------------------------------------------------

    def report(self, name, targets, unit):
        case = {}
        for target in targets:
            best = min(sample[0] for sample in target.samples)
            case[target.name] = {
                "cpu_us": round(best, 2), "samples": [
                    [round(value, 2) for value in sample]
                    for sample in target.samples]}
        ratio = case["weir"]["cpu_us"] / case["nginx"]["cpu_us"]
        case["ratio_to_nginx"] = round(ratio, 2)
        case["bar"] = BARS[name]
        print(f"{name:6} weir {case['weir']['cpu_us']:7.2f} {unit}   "
              f"nginx {case['nginx']['cpu_us']:7.2f}   "
              f"ratio {ratio:.2f} (bar {BARS[name]})")
        if name == "sse":
            grown = max(s[2] for s in targets[2].samples)
            case["rss_kb_per_stream"] = round(grown, 1)
            print(f"       RSS per open stream {grown:.1f} KB "
                  f"(bar {RSS_BAR_KB})")
        self.result["cases"][name] = case


def small():
    return {"messages": [{"role": "user", "content":
                          "[[sim tokens=250]] " + "x" * 900}]}


def large():
    text = "All work and no play makes a dull benchmark. " * 4
    return {"messages": [{"role": "user", "content": "[[sim tokens=250]] go"}]
            + [{"role": "user", "content": text[:172]}] * 500}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--out", default=str(ROOT / "bench.json"))
    options = parser.parse_args()
    cases = options.cases or list(BARS)
    with Bench(options.rounds, options.seconds) as bench:
        if "small" in cases:
            bench.requests("small", {"model": bench.alias, **small()}, 64)
        if "large" in cases:
            bench.requests("large", {"model": bench.alias, **large()}, 32)
        if "sse" in cases:
            bench.streams()
        pathlib.Path(options.out).write_text(
            json.dumps(bench.result, indent=1) + "\n")
    print(f"written to {options.out}")


if __name__ == "__main__":
    os.environ.setdefault("WEIR_BUILD", str(ROOT / "build/release"))
    main()
