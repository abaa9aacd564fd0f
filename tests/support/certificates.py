"""A private CA and the link's two certificates, as ./weir up makes them."""

import atexit
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile

from process import ROOT


@functools.cache
def folder():
    """One set for all tests of this run."""
    state = pathlib.Path(tempfile.mkdtemp(prefix="weir-tls-"))
    atexit.register(shutil.rmtree, state, ignore_errors=True)
    (state / "log").mkdir()
    script = 'set -eu; ROOT=$1 STATE=$2; . "$1/deploy/dev/say.sh"; ' \
        '. "$1/deploy/dev/certificates.sh"; certificates_make'
    subprocess.run(["bash", "-c", script, "bash", str(ROOT), str(state)],
                   check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, "LC_ALL": "C.UTF-8"})
    return state / "tls"


def flags(name):
    return ["--tls-ca", folder() / "ca.crt",
            "--tls-cert", folder() / f"{name}.crt",
            "--tls-key", folder() / f"{name}.key"]
