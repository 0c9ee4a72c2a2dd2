#!/usr/bin/env python3
"""Sends every sample event to the functions' binaries under AWS's own Runtime Interface Emulator, against the local cloud."""

import importlib.util
import json
import platform
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path(sys.argv[1]).resolve()
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[platform.machine()]
LOGICAL_IDS = {
    "static-credentials": "StaticCredentials",
    "sts": "Sts",
    "pod-identity": "PodIdentity",
    "scap": "Scap",
    "accounts": "Accounts",
    "account-vended": "AccountVended",
    "account-sweep": "AccountSweep",
}


def emulator():
    """It comes inside the SAM CLI."""
    sam = Path(importlib.util.find_spec("samcli").origin).parent
    path = sam / "local" / "rapid" / f"aws-lambda-rie-{ARCHITECTURE}"
    path.chmod(path.stat().st_mode | 0o100)
    return path


def free_port(count=1):
    """A port that nobody has, with as many free ones behind it as are asked for."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        try:
            for other in range(port, port + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", other))
            return port
        except OSError:
            continue


def wait(what, ready, process):
    """Until it is ready; a process that ends or takes half a minute is a failure."""
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
    """What the local cloud wrote for each function; nothing while it has not."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def invoke(port, event):
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
    with urllib.request.urlopen(urllib.request.Request(url, event, method="POST"), timeout=60) as answer:
        return json.load(answer)


def payload(path):
    """What the function is invoked with: what a queue brings comes as one message of a batch."""
    if path.parent.name != "account-vended":
        return path.read_bytes()
    attributes = {"ApproximateReceiveCount": "1", "SentTimestamp": "1795210938000"}
    record = {"messageId": path.stem, "body": path.read_text(), "attributes": attributes, "eventSource": "aws:sqs"}
    return json.dumps({"Records": [record]}).encode()


def verdict(answer, is_http):
    """What it said, and whether that is an answer that a caller may get."""
    if "errorType" in answer:
        return f"error {answer['errorType']}", False
    if is_http:
        status = answer.get("statusCode", 0)
        return str(status), 200 <= status < 500
    if "batchItemFailures" in answer:
        again = len(answer["batchItemFailures"])
        return "comes again" if again else "worked", not again
    outcome = answer.get("outcome")
    return str(outcome), outcome in {"created", "updated", "unchanged", "rejected", "swept", "compared"}


def run(partition, folder):
    """Every event of every function that the partition has, in one deployment: how many, and how many failed."""
    env_file, count, failures = folder / f"{partition}.json", 0, 0
    port = free_port(2)
    command = [BINARIES / "local", "--port", str(port), "--partition", partition, "--env-file", env_file]
    local = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait("the local cloud", lambda: listens(port) and environments(env_file), local)
        deployed = environments(env_file)
        for package, logical_id in LOGICAL_IDS.items():
            if logical_id not in deployed:
                continue
            front, api = free_port(), free_port()
            command = [
                emulator(),
                "--runtime-interface-emulator-address",
                f"127.0.0.1:{front}",
                "--runtime-api-address",
                f"127.0.0.1:{api}",
                BINARIES / package,
            ]
            environment = deployed[logical_id] | {"AWS_LAMBDA_FUNCTION_TIMEOUT": "28"}
            with open(folder / f"{partition}-{package}.log", "wb") as log:
                rie = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            try:
                wait("the emulator", lambda: listens(front), rie)
                for path in sorted((ROOT / "events" / package).glob("*.json")):
                    answer = invoke(front, payload(path))
                    said, fine = verdict(answer, path.name.startswith("http"))
                    count, failures = count + 1, failures + (not fine)
                    if not fine or "-v" in sys.argv:
                        print(f"{partition:<11} {path.relative_to(ROOT)!s:<65} {said}")
            finally:
                rie.kill()
                rie.wait()
    finally:
        local.kill()
        local.wait()
    return count, failures


def main():
    partitions = ["aws", "aws-us-gov", "aws-iso-b", "aws-iso"]
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [run(partition, Path(folder)) for partition in partitions]
    count, failures = (sum(numbers) for numbers in zip(*outcomes, strict=True))
    print(f"{count - failures} sample events answered under AWS's emulator, {failures} failed")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
