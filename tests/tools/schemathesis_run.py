#!/usr/bin/env python3
"""Runs schemathesis against the local cloud: every response that openapi.json does not describe is an error.

usage: schemathesis_run.py BINARIES [--examples N] [--seed N] [--partition P]…

Every answer must be one that openapi.json has for that operation (status, type, headers, schema), none may be a 5xx, and what
breaks a schema must be refused. The API insists on signatures, so each request is signed, but for those that leave it out on
purpose. Half of the requests of a method name what exists in this cloud, so that the checks behind the parser are met as well.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from local_cloud import local_cloud

ROOT = Path(__file__).resolve().parents[2]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "use_after_free",
]


def run(binaries, partition, examples, seed):
    """Whether everything was as documented."""
    with local_cloud(binaries, partition) as facts, tempfile.TemporaryDirectory() as folder:
        facts_file = Path(folder) / "facts.json"
        facts_file.write_text(json.dumps(facts))
        command = [
            Path(sys.executable).parent / "schemathesis",
            *("run", ROOT / "openapi.json", "--url", facts["environment"]["GANGWAY"]),
            *("--checks", ",".join(CHECKS), "--continue-on-failure"),
            *("--max-examples", examples, "--seed", seed, "--request-timeout", 60),
            # Two would parse Python at the same time, which CPython may answer with a SystemError (python/cpython#106905).
            *("--workers", 1),
            *("--generation-database", "none", "--no-color", "--warnings", "off"),
        ]
        environment = {
            **os.environ,
            **facts["environment"],
            "FACTS": str(facts_file),
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
            "PYTHONPATH": str(Path(__file__).parent),
        }
        started = time.monotonic()
        done = subprocess.run([*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True)
        took = time.monotonic() - started
    summaries = [line.strip() for line in done.stdout.splitlines() if "generated" in line and "ailure" not in line]
    if done.returncode:
        print(done.stdout, done.stderr, file=sys.stderr)
    print(f"{partition}: {'; '.join(summaries) or 'failed'} ({took:.0f} s)")
    return done.returncode == 0


def main():
    """One run for each partition."""
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries")
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--partition", action="append")
    options = parser.parse_args()
    partitions = options.partition or ["aws", "aws-iso-b"]
    return 0 if all([run(options.binaries, it, options.examples, options.seed) for it in partitions]) else 1


if __name__ == "__main__":
    sys.exit(main())
