"""Starts the local cloud of one partition (`make local`), and ends it."""

import contextlib
import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PATIENCE = 60


def two_ports():
    """A port that is free, and the next one as well: the API's and the cloud's."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port


@contextlib.contextmanager
def local_cloud(binaries, partition, signed=True):
    """What `--facts` tells of a cloud that runs meanwhile: environment, partition, requests."""
    with tempfile.TemporaryDirectory() as folder:
        facts, log = Path(folder) / "facts.json", Path(folder) / "log"
        command = [Path(binaries) / "local", "--port", str(two_ports()), "--partition", partition, "--facts", facts]
        with log.open("wb") as output:
            process = subprocess.Popen([*command, *(["--signed"] if signed else [])], stdout=output, stderr=output)
        try:
            ends = time.monotonic() + PATIENCE
            while not facts.exists():
                if process.poll() is not None or time.monotonic() > ends:
                    sys.exit(f"the local cloud did not start:\n{log.read_text()}")
                time.sleep(0.05)
            yield json.loads(facts.read_text())
        finally:
            process.terminate()
            process.wait()
