"""Runs or checks a command that the documentation shows."""

import collections
import http.server
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Commands that are not run, by their first words, with the reason.
NOT_RUN = {}
# Placeholders for values of the reader, and the values that the check uses instead.
SAMPLES = {
    "<DeadLettersUrl>": "https://sqs.us-east-1.amazonaws.com/111122223333/gangway-DeadLetters",
    "<AuditLogGroup>": "/aws/events/gangway/audit-0a1b2c3d",
    "<AccountSweepArn>": "arn:aws:lambda:us-east-1:111122223333:function:gangway-AccountSweep",
    "<VendingDlqUrl>": "https://sqs.us-east-1.amazonaws.com/111122223333/gangway-VendingDlq",
    "<AccountWatchArn>": "arn:aws:lambda:us-east-1:111122223333:function:gangway-AccountWatch",
    "<AccountStatesTable>": "gangway-AccountStates",
    "<ReportsBucketName>": "gangway-reportsbucket",
    "<StackDlqUrl>": "https://sqs.us-east-1.amazonaws.com/111122223333/gangway-StackDlq",
    "<WatchDlqUrl>": "https://sqs.us-east-1.amazonaws.com/111122223333/gangway-WatchDlq",
    "<management account>": "111122223333",
    "<account>": "123456789012",
    "<region>": "us-east-1",
}
# An option of version 2 of the AWS CLI. PyPI has version 1, which behaves as with the option.
SECOND_VERSION = re.compile(r"--cli-binary-format\s+raw-in-base64-out")
# The role that the examples of the documentation name, and a role that exists in the local cloud.
ROLE = "arn:aws:iam::123456789012:role/SpectroCloudRole"
PARSE_SAM = """
import sys
from samcli.cli.main import cli
command, context = cli, cli.make_context("sam", sys.argv[1:])
while hasattr(command, "resolve_command"):
    name, command, rest = command.resolve_command(context, [*context.protected_args, *context.args])
    context = command.make_context(name, rest, parent=context)
"""


class AcceptingServer(http.server.BaseHTTPRequestHandler):
    """Accepts every AWS call, and answers in the format of the call's protocol."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.calls += 1
        action = urllib.parse.parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
        self.send_response(200)
        self.send_header("content-type", "text/xml" if action else "application/json")
        self.end_headers()
        xml = f"<{action}Response><{action}Result></{action}Result></{action}Response>"
        self.wfile.write(xml.encode() if action else b"{}")

    do_GET = do_PUT = do_DELETE = do_POST

    def log_message(self, *_):
        """Writes no log."""


class Commands:
    """Checks commands, each with its own program."""

    def __init__(self, facts, node, sam):
        self.facts, self.node, self.sam = facts, node, sam
        self.done, self.used = collections.Counter(), set()
        self.helped = self.run(["make", "help"], cwd=ROOT).stdout

    def __enter__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), AcceptingServer)
        self.server.calls = 0
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.folder = tempfile.TemporaryDirectory()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.folder.cleanup()

    def run(self, command, **more):
        """Runs a program to its end."""
        return subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, **more)

    def judge(self, command):
        """Returns what is wrong with a command, or None."""
        for placeholder in re.findall(r"<[A-Za-z][^<>\n]*>", command):
            if placeholder not in SAMPLES:
                return f"no sample value for {placeholder}"
            self.used.add(placeholder)
            command = command.replace(placeholder, SAMPLES[placeholder])
        words = shlex.split(command.replace("\\\n", " "), comments=True)
        for start in NOT_RUN:
            if words[: len(start.split())] == start.split():
                self.used.add(start)
                self.done["not run"] += 1
                return None
        judges = {
            "make": self.make,
            "curl": self.call,
            "python3": self.call,
            "node": self.call,
            "aws": self.aws,
            "sam": self.sam_cli,
            "npm": self.packages,
            "pip": self.packages,
        }
        judge = judges.get(words[0])
        if judge is None:
            return "is neither run nor listed in NOT_RUN (tests/tools/docs_commands.py)"
        self.done[words[0]] += 1
        return judge(command, words)

    def make(self, _, words):
        """Checks that `make help` lists the targets."""
        for word in words[1:]:
            if "=" not in word and not re.search(rf"^make {re.escape(word)} ", self.helped, re.M):
                return f"make help does not list {word}"
        return None

    def call(self, command, words):
        """Runs a request against the local cloud, which rejects wrong signatures."""
        command = command.replace(ROLE, self.facts["requests"]["sts"]["roleArn"])
        if words[0] == "node":
            shutil.copy(ROOT / words[1], self.node / "portal.ts")
            command = command.replace(words[1], "portal.ts")
        beside = Path(sys.executable).parent
        environment = {**os.environ, **self.facts["environment"], "PATH": f"{beside}:{os.environ['PATH']}"}
        shell = f'curl() {{ command curl --fail-with-body "$@"; }}\n{command}'
        cwd = self.node if words[0] == "node" else ROOT
        done = self.run(["bash", "-euo", "pipefail", "-c", shell], cwd=cwd, env=environment)
        return None if done.returncode == 0 else f"{done.stdout}{done.stderr}"

    def aws(self, command, _):
        """Checks that the AWS CLI accepts the command and makes a call."""
        words = shlex.split(SECOND_VERSION.sub("", command.replace("\\\n", " ")), comments=True)
        for word in words:
            if word.startswith("file://"):
                # The file is in the repository, or the documentation says how to write it.
                name = word.removeprefix("file://")
                file = Path(self.folder.name) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text((ROOT / name).read_text() if (ROOT / name).exists() else "{}")
        before = self.server.calls
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder.name,
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret-of-anybody",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        program = Path(sys.executable).parent / "aws"
        # The option names the endpoint, because for SQS the CLI prefers the queue URL to the environment variable.
        anything = f"--endpoint-url=http://127.0.0.1:{self.server.server_port}"
        done = self.run([program, anything, *words[1:]], cwd=self.folder.name, env=environment)
        if done.returncode:
            return done.stderr.strip().splitlines()[-1]
        return None if self.server.calls > before else "the AWS CLI made no call of it"

    def sam_cli(self, _, words):
        """Checks that the SAM CLI's parser accepts the options."""
        environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
        done = self.run([self.sam, "-c", PARSE_SAM, *words[1:]], cwd=ROOT, env=environment)
        return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]

    def packages(self, _, words):
        """Checks that the documented packages are installed in the environment of this check."""
        kept = "".join((ROOT / "tests/tools" / it).read_text() for it in ("requirements-api.txt", "node/package.json"))
        for word in words[2:]:
            if f'"{word}":' not in kept and f"\n{word}==" not in kept:
                return f"the check has no {word}"
        return None

    def unused(self):
        """Yields entries of the tables above that no page uses."""
        return [f"docs_commands.py lists {it}, which no page shows" for it in {*NOT_RUN, *SAMPLES} - self.used]

    def summary(self):
        """Returns the number of commands by program."""
        return ", ".join(f"{count} {what}" for what, count in sorted(self.done.items()))
