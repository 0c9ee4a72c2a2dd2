"""Starts and stops the local cloud of one partition (`make local`)."""

import contextlib
import json
import subprocess
import tempfile
from pathlib import Path

from processes import free_port, wait


@contextlib.contextmanager
def local_cloud(binaries, partition, signed=True):
    """Runs a local cloud and yields the output of `--facts`: environment, partition, requests."""
    with tempfile.TemporaryDirectory() as folder:
        facts = Path(folder) / "facts.json"
        command = [Path(binaries) / "local", "--port", str(free_port(2)), "--partition", partition]
        # The local Palette has no rate limit, so the functions need not wait.
        command += ["--pace", "1000", "--facts", facts]
        process = subprocess.Popen([*command, *(["--signed"] if signed else [])], stdout=subprocess.DEVNULL)
        try:
            wait("the local cloud", facts.exists, process)
            yield json.loads(facts.read_text())
        finally:
            process.terminate()
            process.wait()
