"""A PostgreSQL of a test's own: Unix socket only, thrown away afterwards."""

import atexit
import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from process import Process, wait_for


def as_owner():
    """PostgreSQL refuses to run as root; then it runs as its own user."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres",
            "--init-groups", "--"]


def programs():
    folders = pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max(folders, key=lambda p: int(p.parts[-3])).parent


def run(*command):
    subprocess.run([*as_owner(), *map(str, command)], check=True, cwd="/",
                   stdout=subprocess.DEVNULL)


@functools.cache
def template():
    """initdb takes a second; every database of this run is a copy of one."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    run(programs() / "initdb", "-D", folder / "data", "-U", "weir",
        "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    return folder / "data"


class Postgres:
    def __init__(self):
        # The socket's path must be short: 107 bytes is the kernel's limit.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-pg-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        run("cp", "-a", template(), self.folder / "data")
        self.process = Process(
            "postgres", self.folder,
            [*as_owner(), programs() / "postgres", "-D", self.folder / "data",
             "-k", self.folder, "-c", "listen_addresses=",
             "-c", "fsync=off", "-c", "max_connections=64"])

    def url(self, name="weir"):
        return f"postgresql:///{name}?host={self.folder}&user=weir"

    def start(self):
        self.process.spawn()
        wait_for(lambda: self.sql("SELECT 1", name="postgres") == "1", 20,
                 "PostgreSQL answers")
        return self

    def create(self, name="weir"):
        self.sql(f"CREATE DATABASE {name}", name="postgres")

    def stop(self):
        self.process.stop(number=signal.SIGINT)

    def close(self):
        self.process.stop(number=signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text, name="weir"):
        """What the statement prints, without decoration."""
        done = subprocess.run(
            [programs() / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1",
             "-d", self.url(name), "-c", text], capture_output=True,
            text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def rows(self, query):
        """The rows of a query, as dictionaries."""
        text = self.sql("SELECT coalesce(json_agg(r), '[]') "
                        f"FROM ({query}) r")
        return json.loads(text)

    def dump(self):
        done = subprocess.run(
            [programs() / "pg_dump", "-d", self.url()], check=True,
            capture_output=True)
        return done.stdout
