"""Runs programs for the time of a test: the local cloud, and AWS's runtime emulator."""

import contextlib
import importlib.util
import json
import platform
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from event_samples import ROOT

ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]


def emulator():
    """Returns the path of the emulator, which is part of the SAM CLI."""
    sam = Path(importlib.util.find_spec("samcli").origin).parent
    path = sam / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}"
    path.chmod(path.stat().st_mode | 0o100)
    return path


def free_port(count=1, host="127.0.0.1"):
    """Returns a free port, followed by as many free ones as requested."""
    while True:
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
        try:
            for other in range(port, port + count):
                with socket.socket() as probe:
                    probe.bind((host, other))
            return port
        except OSError:
            continue


def wait(what, ready, process):
    """Waits until a process is ready; fails if it ends or takes half a minute."""
    for _ in range(300):
        if ready():
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"{what} did not start")


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def environments(path):
    """Returns what the local cloud wrote for each function, or nothing yet."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None


@contextlib.contextmanager
def local_cloud(partition, binaries, env_file, host="127.0.0.1"):
    """Runs `make local` of a partition and yields the environment of each function."""
    port = free_port(2)
    command = [binaries / "local", "--port", str(port), "--partition", partition, "--host", host, "--env-file", env_file]
    local = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait("the local cloud", lambda: listens(port) and environments(env_file), local)
        yield environments(env_file)
    finally:
        local.kill()
        local.wait()


@contextlib.contextmanager
def run_in_emulator(binary, environment, log):
    """Runs a function in the emulator and yields a function that invokes it."""
    front = free_port(2)
    api = front + 1
    command = [
        emulator(),
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{front}",
        "--runtime-api-address",
        f"127.0.0.1:{api}",
        binary,
    ]

    def invoke(event):
        url = f"http://127.0.0.1:{front}/2015-03-31/functions/function/invocations"
        with urllib.request.urlopen(urllib.request.Request(url, event, method="POST"), timeout=60) as answer:
            return json.load(answer)

    with open(log, "wb") as out:
        rie = subprocess.Popen(command, env=environment | {"AWS_LAMBDA_FUNCTION_TIMEOUT": "28"}, stdout=out, stderr=out)
    try:
        wait("the emulator", lambda: listens(front), rie)
        yield invoke
    finally:
        rie.kill()
        rie.wait()
