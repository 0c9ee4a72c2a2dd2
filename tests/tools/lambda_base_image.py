#!/usr/bin/env python3
"""Builds a replacement of the Lambda image, if it cannot be pulled: this machine's C library and AWS's runtime emulator.

`sam local` takes it for public.ecr.aws/lambda/provided:al2023, so it makes none where Docker has the real one.
"""

import io
import subprocess
import sys
import tarfile
from pathlib import Path

from processes import ARCHITECTURE, emulator

IMAGE = f"public.ecr.aws/lambda/provided:al2023-rapid-{ARCHITECTURE}"
LIBRARIES = ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libresolv.so.2"]
LIBRARIES += ["libnss_dns.so.2", "libnss_files.so.2"]
LOADERS = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
TEXTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nsbx_user1051:x:993:990::/home/sbx_user1051:/bin/sh\n",
    "etc/group": "root:x:0:\nsbx_user1051:x:990:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}


def files():
    """Yields the files of the image: path in the image, path on this machine."""
    known = dict(line.strip().split(" => ") for line in run("ldconfig", "-p").splitlines() if " => " in line)
    for name in LIBRARIES:
        path = next(path for entry, path in known.items() if entry.startswith(f"{name} ") and "/lib32/" not in path)
        yield f"lib64/{name}", path
    for loader in LOADERS:
        if Path(loader).exists():
            yield loader[1:], loader
    if Path(CA_BUNDLE).exists():
        yield "etc/pki/tls/certs/ca-bundle.crt", CA_BUNDLE
    yield "var/rapid/aws-lambda-rie", emulator()


def layer():
    """Returns the files as one archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", dereference=True) as tar:
        for folder in ["tmp", "var/task", "var/runtime", "opt"]:
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        for name, path in files():
            entry = tarfile.TarInfo(name)
            content = Path(path).read_bytes()
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
        for name, text in TEXTS.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    if run("docker", "images", "--quiet", IMAGE).strip():
        sys.exit(f"Docker has {IMAGE} already: this stand-in would hide it")
    settings = ["WORKDIR /var/task", "ENV LAMBDA_TASK_ROOT=/var/task", "ENV LD_LIBRARY_PATH=/lib64:/var/task/lib"]
    changes = [word for setting in settings for word in ("--change", setting)]
    subprocess.run(["docker", "import", *changes, "-", IMAGE], input=layer(), check=True)
    print(f"{IMAGE}, of this machine's own files")


if __name__ == "__main__":
    main()
