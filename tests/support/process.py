"""Programs under test: started, paused, killed, ended, always by their own
pid; and waiting for a condition instead of for a time."""

import os
import pathlib
import random
import signal
import socket
import subprocess
import time

import httpx

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", ROOT / "build/release"))

# Sanitizers make everything slower; deadlines of tests stretch with this.
PATIENCE = 4 if "asan" in BUILD.name or "tsan" in BUILD.name else 1


def wait_for(condition, seconds=10, what=None):
    """Returns the first truthy value of condition().  A failed assertion or
    connection inside counts as "not yet"."""
    deadline = time.monotonic() + seconds * PATIENCE
    problem = None
    while True:
        try:
            value = condition()
            if value:
                return value
            problem = None
        except (AssertionError, OSError, httpx.TransportError) as error:
            problem = error
        if time.monotonic() > deadline:
            name = what or getattr(condition, "__name__", "condition")
            raise AssertionError(
                f"{name}: not within {seconds * PATIENCE} s ({problem})")
        time.sleep(0.01)


def free_port():
    """Below the range the kernel takes ports for outgoing connections from,
    so that a restarted program finds its port free again."""
    low, high = map(int, os.environ.get("WEIR_TEST_PORTS",
                                        "20000-31999").split("-"))
    while True:
        port = random.SystemRandom().randint(low, high)
        if port in free_port.given:
            continue
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        free_port.given.add(port)
        return port


free_port.given = set()


class Process:
    """One program; its output goes to a log that outlives restarts."""

    def __init__(self, name, folder, command, environment=None):
        self.name = name
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        self.command = [str(part) for part in command]
        self.environment = {**os.environ, **(environment or {})}
        self._process = None

    @property
    def pid(self):
        return self._process.pid

    @property
    def is_alive(self):
        return self._process is not None and self._process.poll() is None

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") \
            if self.log_path.exists() else ""

    def spawn(self):
        assert not self.is_alive, f"{self.name} runs already"
        with open(self.log_path, "ab") as log:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=self.environment, start_new_session=True)
        return self

    def kill(self):
        """As a crash would: no chance to tidy up."""
        if self.is_alive:
            self._process.kill()
            self._process.wait()

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def stop(self, seconds=20, number=signal.SIGTERM):
        """Asks it to end; one that does not, or ends badly, is a failure."""
        if not self.is_alive:
            return
        os.kill(self.pid, number)
        try:
            status = self._process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not end in {seconds} s")
        assert status in (0, -number, 128 + number), \
            f"{self.name} ended with {status}:\n{self.log[-4000:]}"

    def assert_clean(self):
        """No sanitizer has anything to say."""
        for word in ("AddressSanitizer", "LeakSanitizer", "runtime error:"):
            assert word not in self.log, \
                f"{self.name}: {word}\n{self.log[-6000:]}"

    def resident_kb(self):
        for line in open(f"/proc/{self.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1])
        return 0

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))
