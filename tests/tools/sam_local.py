#!/usr/bin/env python3
"""Runs every sample event with `sam local invoke`, and those of HTTP with `sam local start-api`, against the local cloud.

An answer is right when it is the one that events/answers.json has, both ways give it, and AWS's emulator gives it without Docker
(where that can run: on Linux). Exits with 1 where one is wrong, 3 without Docker, 4 without an image.
"""

import argparse
import http.client
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import rie_samples
import sam_template
import event_samples
from lambda_base_image import IMAGE
from docker_host import docker, host
from processes import ARCHITECTURE, free_port, listens, local_cloud, wait

SAM = Path(sys.executable).parent / "sam"
PULLED = f"public.ecr.aws/lambda/provided:al2023-{ARCHITECTURE}"
NO_DOCKER, NO_IMAGE = 3, 4


def image():
    """Returns whether Docker has, or can pull, the image in which functions run."""
    return any(docker("images", "--quiet", name) for name in (IMAGE, PULLED)) or docker("pull", "--quiet", PULLED)


class Sam:
    """The SAM CLI with the template and the environment of one deployment."""

    def __init__(self, partition, deployed, binaries, folder):
        template = sam_template.write_template(partition, deployed, binaries, folder)
        self.folder, self.partition = folder, partition
        self.options = ["--template", template, "--env-vars", folder / "environment.json", "--skip-pull-image"]
        # SAM calls sts:GetCallerIdentity, so it gets the credentials of a function.
        own = next(iter(deployed.values()))
        keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"]
        self.environment = os.environ | {name: own[name] for name in keys}
        self.environment |= {"AWS_ENDPOINT_URL_STS": own["AWS_ENDPOINT_URL"], "SAM_CLI_TELEMETRY": "0"}

    def command(self, *arguments):
        return [SAM, "local", *arguments, *self.options]

    def invoke(self, id, path):
        """Runs `sam local invoke` with an event file. Returns the response, and whether it is the expected one."""
        event, content = path, event_samples.payload(path)
        if content != path.read_bytes():
            event = self.folder / f"{path.stem}.batch.json"
            event.write_bytes(content)
        ran = subprocess.run(
            self.command("invoke", id, "--event", event), cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        try:
            return event_samples.verdict(json.loads(ran.stdout.strip().splitlines()[-1]), path, self.partition)
        except (IndexError, ValueError):
            return f"nothing: {ran.stderr.strip().splitlines()[-1:]}", False

    def api(self, paths):
        """Runs `sam local start-api`, and returns its response to the request of each file."""
        port = free_port()
        command = self.command("start-api", "--port", str(port), "--warm-containers", "LAZY")
        with open(self.folder / "api.log", "wb") as log:
            api = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        try:
            wait("sam local start-api", lambda: listens(port), api)
            return {path: request(port, json.loads(path.read_text())) for path in paths}
        finally:
            # `sam local start-api` stops its containers when it receives SIGTERM.
            api.send_signal(signal.SIGTERM)
            api.wait()


def request(port, event):
    """Sends the HTTP request that an API Gateway event describes, and returns a description of the response."""
    query = urlencode(event["multiValueQueryStringParameters"] or {}, doseq=True)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {name: value for name, value in event["headers"].items() if name not in {"Host", "Content-Length"}}
    connection.request(event["httpMethod"], event["path"] + (query and f"?{query}"), event["body"], headers)
    answer = connection.getresponse()
    return event_samples.over_http(answer.status, answer.read())


def run(partition, binaries, functions, folder):
    """Prints a row for each event of a partition. Returns the numbers of events, of HTTP requests and of wrong responses."""
    with local_cloud(partition, binaries, folder / "environment.json", host()) as deployed:
        sam = Sam(partition, deployed, functions, folder)

        def runs(id, package):
            return sam_template.find_binary(functions, id, package)

        paths = [path for id, package in event_samples.PACKAGES.items() if id in deployed for path in event_samples.of(package)]
        found = rie_samples.answers(partition, deployed, runs, folder) if platform.system() == "Linux" else ()
        expected = {path: (said, fine) for path, said, fine in found}
        requested, wrong = sam.api([path for path in paths if event_samples.is_http(path)]), 0
        ids = {package: id for id, package in event_samples.PACKAGES.items()}
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            invoked = pool.map(lambda path: sam.invoke(ids[path.parent.name], path), paths)
            for path, (said, fine) in zip(paths, invoked, strict=True):
                through_api = requested.get(path, "")
                emulators, _ = expected.get(path, (said, fine))
                right = fine and said == emulators and through_api in ("", said)
                wrong += not right
                mismatch = "" if right else f"  WRONG: the emulator says {emulators}, {event_samples.expected(path, partition)} was expected"
                name = path.relative_to(event_samples.ROOT)
                print(f"{partition:<11} {name!s:<65} {said:<16} {through_api:<12}{mismatch}", flush=True)
    return len(paths), len(requested), wrong


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("binaries", type=Path, help="the local cloud")
    arguments.add_argument("--functions", type=Path, help="the functions, where they are elsewhere")
    arguments.add_argument("--partition", choices=event_samples.PARTITIONS, help="only this one")
    options = arguments.parse_args()
    if not host():
        print("Docker does not answer here, or its containers do not reach this machine: start it, or use `make test-rie`.")
        sys.exit(NO_DOCKER)
    if not image():
        print(f"{PULLED} cannot be pulled: `make sam-image` makes a stand-in from this machine's own files.")
        sys.exit(NO_IMAGE)
    started, binaries = time.monotonic(), options.binaries.resolve()
    functions = (options.functions or binaries).resolve()
    print(f"{'partition':<11} {'event':<65} {'invoke':<16} start-api", flush=True)
    outcomes = []
    for partition in [options.partition] if options.partition else event_samples.PARTITIONS:
        with tempfile.TemporaryDirectory(prefix="gangway-sam-") as folder:
            try:
                outcomes.append(run(partition, binaries, functions, Path(folder)))
            except sam_template.NotForLambda as fault:
                sys.exit(f"{fault}: run `make build`, then `make sam-local BUILT=.aws-sam/build`")
    invoked, requested, wrong = (sum(numbers) for numbers in zip(*outcomes, strict=True))
    took = round(time.monotonic() - started)
    print(f"{invoked} events by `sam local invoke`, {requested} by `sam local start-api`, {wrong} wrong, {took} s")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
