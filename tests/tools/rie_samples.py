#!/usr/bin/env python3
"""Sends every sample event to the functions in AWS's Runtime Interface Emulator, against the local cloud."""

import sys
import tempfile
from pathlib import Path

import event_samples
from processes import local_cloud, run_in_emulator


def answers(partition, deployed, binary, folder):
    """Yields (file, response, whether it is the expected one) of every sample event of every deployed function."""
    for id, package in event_samples.PACKAGES.items():
        if id in deployed:
            with run_in_emulator(binary(id, package), deployed[id], folder / f"{package}.log") as invoke:
                for path in event_samples.of(package):
                    yield path, *event_samples.verdict(invoke(event_samples.payload(path)), path, partition)


def run(partition, binaries, folder):
    """Sends the sample events to one deployment. Returns the number of events and the number of failures."""
    count, failures = 0, 0
    with local_cloud(partition, binaries, folder / f"{partition}.json") as deployed:
        for path, said, right in answers(partition, deployed, lambda _, package: binaries / package, folder):
            count, failures = count + 1, failures + (not right)
            mismatch = "" if right else f"  WRONG: {event_samples.expected(path, partition)} was expected"
            if mismatch or "-v" in sys.argv:
                print(f"{partition:<11} {path.relative_to(event_samples.ROOT)!s:<65} {said}{mismatch}")
    return count, failures


def main():
    binaries = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = [run(partition, binaries, Path(folder)) for partition in event_samples.PARTITIONS]
    count, failures = (sum(numbers) for numbers in zip(*outcomes, strict=True))
    print(f"{count - failures} sample events answered as they should be under AWS's emulator, {failures} not")
    # A partition without any sample event is a failure too.
    sys.exit(failures > 0 or not all(sent for sent, _ in outcomes))


if __name__ == "__main__":
    main()
