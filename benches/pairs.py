#!/usr/bin/env python3
"""Two builds beside each other: S3, the gateway, Lambda and a drill, in turn, so that what else the machine does falls on both.

    benches/pairs.py OLD NEW

OLD and NEW are folders of release builds, `target/release` of two checkouts, each made by

    cargo build --release && cargo build --release -p cloud-emulator --examples

Prints, as Markdown, the median of each, and the median of the ratios of its pairs with the smallest and the largest. A ratio below 1
is worse where something is counted per second, and better where seconds are. Needs wrk and curl. Takes a quarter of an hour. Options: --rounds N (9),
--seconds N (3, how long each load lasts), --scenario FILE, --only NAME (s3 gateway lambda drill), several times.
"""

import argparse
import contextlib
import os
import pathlib
import platform
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEYS = "1000"


def note(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def server(command, filled):
    """A server on a free port, until the block ends; with the objects that the loads read."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program, *arguments = command
    running = subprocess.Popen(
        [program, "--port", str(port), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while subprocess.run(["curl", "-s", "-o", "/dev/null", url]).returncode:
            if running.poll() is not None:
                sys.exit(f"{program} did not start")
        urllib.request.urlopen(urllib.request.Request(f"{url}/bench", method="PUT")).read()
        load(url, "put", filled)
        yield url
    finally:
        running.terminate()
        running.wait()


def load(url, what, seconds):
    """Requests per second; an error ends everything."""
    command = ["wrk", "-t2", "-c16", f"-d{seconds}s", "-s", ROOT / "benches" / f"s3-{what}.lua", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "KEYS": KEYS})
    rate, errors = said.stdout.splitlines()[-1].split()
    if errors != "0":
        sys.exit(f"{errors} errors of {url}")
    return float(rate)


def over_http(name, builds, command, options):
    """PUT and GET of 1 KiB objects over 16 connections, in both builds."""
    with contextlib.ExitStack() as stack:
        urls = [stack.enter_context(server(command(build), 2)) for build in builds]
        for what in ("put", "get"):
            rounds = [[load(url, what, options.seconds) for url in urls] for _ in range(options.rounds)]
            yield f"{name}, {what.upper()} per second", rounds


def warm_function(builds, options):
    """Invocations per second of a warm function, by the number of connections."""
    rounds = {}
    for _ in range(max(1, options.rounds // 2)):
        said = [
            subprocess.run([build / "examples/lambda_warm"], capture_output=True, text=True, check=True).stdout
            for build in builds
        ]
        rows = zip(*[[line.split() for line in text.splitlines()[1:]] for text in said])
        for old, new in rows:
            rounds.setdefault(old[0], []).append([float(old[1]), float(new[1])])
    for connections, pairs in rounds.items():
        yield f"Lambda, invocations per second over {connections}", pairs


def drill(builds, options):
    """What the processor did for a whole drill, and how long it took."""
    walls, processors = [], []
    for _ in range(max(1, options.rounds // 2)):
        pair = [drilled(build, options.scenario) for build in builds]
        walls.append([wall for wall, _ in pair])
        processors.append([processor for _, processor in pair])
    name = pathlib.Path(options.scenario).stem
    yield f"{name}, wall seconds", walls
    yield f"{name}, processor seconds", processors


def drilled(build, scenario):
    out = pathlib.Path(tempfile.mkdtemp())
    try:
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        command = [build / "firedrill", "run", scenario, "--out", out / "run"]
        ended = subprocess.run(command, capture_output=True, text=True)
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        if ended.returncode not in (0, 1):
            sys.exit(f"{build}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
        return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    finally:
        shutil.rmtree(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("builds", nargs=2, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--scenario", default=ROOT / "scenarios/iot-steel/s3-bucket-loss.yaml")
    parser.add_argument("--only", action="append", choices=["s3", "gateway", "lambda", "drill"])
    options = parser.parse_args()
    builds = options.builds
    parts = {
        "s3": lambda: over_http(
            "S3 through its gateway", builds, lambda build: [build / "examples/s3_server", "--anonymous"], options
        ),
        "gateway": lambda: over_http(
            "gateway with 4 rules", builds, lambda build: [build / "examples/gateway_cost", "rules"], options
        ),
        "lambda": lambda: warm_function(builds, options),
        "drill": lambda: drill(builds, options),
    }
    print(f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}.\n")
    print("| | old, median | new, median | new to old, median of pairs | smallest to largest |")
    print("|---|---:|---:|---:|---:|")
    for name, measure in parts.items():
        if options.only and name not in options.only:
            continue
        note(f"{name} …")
        for what, rounds in measure():
            old, new = (statistics.median(values) for values in zip(*rounds))
            ratios = [new / old for old, new in rounds]
            median = statistics.median(ratios)
            print(f"| {what} | {old:,.6g} | {new:,.6g} | {median:.3f} | {min(ratios):.3f} to {max(ratios):.3f} |", flush=True)


if __name__ == "__main__":
    main()
