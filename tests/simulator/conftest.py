"""A simulator per file of tests, and its control endpoints in words."""

import httpx
import pytest
from process import BUILD, Process, free_port, wait_for


class Simulator(Process):
    def __init__(self, folder, *flags):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("simulator", folder, [
            BUILD / "bin/weir-simulator",
            "--listen", f"127.0.0.1:{self.port}", *flags])

    def start(self):
        self.spawn()
        wait_for(lambda: httpx.get(f"{self.url}/_sim/health").is_success)
        return self

    def script(self, *rules):
        reply = httpx.put(f"{self.url}/_sim/script", json=list(rules))
        assert reply.is_success, reply.text

    def stats(self):
        return httpx.get(f"{self.url}/_sim/stats").json()

    def last(self):
        return self.stats()["requests"][-1]

    def forget(self):
        httpx.delete(f"{self.url}/_sim/script")
        httpx.delete(f"{self.url}/_sim/stats")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    process = Simulator(tmp_path_factory.mktemp("simulator"),
                        "--workers", "2").start()
    yield process
    process.stop()


@pytest.fixture
def simulator(running):
    running.forget()
    return running
