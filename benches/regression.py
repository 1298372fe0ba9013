#!/usr/bin/env python3
"""Whether noise fails builds, and whether a restore step that takes 30 % longer does: makes docs/regression.md.

    cargo build --release && benches/regression.py > docs/regression.md

Each pair is a baseline, a second set of drills of the same script, and a set of drills of a script whose work takes 30 % longer
with the same calls. The drills of the three are run in turn, so that what else the machine does falls on all of them. The
decisions are those of `firedrill ci --recorded SET --baseline FILE`, as a build would see them.

Needs Rust and Python alone. Takes about half an hour. Options: --firedrill PATH (target/release/firedrill), --pairs N (20),
--repeats N (7), --keep DIR (keeps the runs there).
"""

import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SETS = ("baseline", "same", "slower")
SLOWER = 1.3
NAME = "restore-by-script"

SCENARIO = f"""version: 1
name: {NAME}
title: Half of the files in a bucket are deleted; a script of the user's brings them back
system: regression
objectives:
  mtd: 2h
  services:
    downloads: {{probe: downloads, rto: 30m}}
stable_for: 1m
observe_for: 1m
cloud:
  regions: {{primary: us-east-1}}
  buckets:
    files: {{name: regression-files, versioned: true, objects: {{count: 80, size: 1KiB..4KiB}}}}
probes:
  downloads: {{do: s3.get_object, bucket: files, sample: 10, every: 20s, timeout: 20s}}
steady_state: {{hold: 1m}}
faults:
  - {{at: 6m, do: s3.delete_objects, bucket: files, fraction: 0.5, mode: marker}}
detection: {{probe: downloads, failing: 2 of 3, every: 20s}}
runbook:
  - {{id: declare, do: human, takes: {{p50: 30s, p95: 1m}}}}
  - {{id: assess, do: s3.audit, bucket: files}}
  - {{id: restore, do: shell, script: restore.py}}
"""

# Removes the delete markers of a bucket, and hashes for a while for each, as a script does that verifies what it restores.
SCRIPT = r'''#!/usr/bin/env python3
import datetime, hashlib, hmac, os, time, urllib.parse, urllib.request, xml.etree.ElementTree as tree

BEGAN = time.monotonic()
ENDPOINT, BUCKET = os.environ["AWS_ENDPOINT_URL"], os.environ["FIREDRILL_BUCKET_FILES"]
REGION, KEY, SECRET = (os.environ["AWS_" + name] for name in ("REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))


def call(method, path, query):
    query = urllib.parse.urlencode(sorted(query.items()), quote_via=urllib.parse.quote)
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    host, empty = urllib.parse.urlsplit(ENDPOINT).netloc, hashlib.sha256(b"").hexdigest()
    signed = {"host": host, "x-amz-content-sha256": empty, "x-amz-date": now}
    headers = "".join(f"{name}:{value}\n" for name, value in sorted(signed.items()))
    names = ";".join(sorted(signed))
    canonical = "\n".join([method, urllib.parse.quote(path), query, headers, names, empty])
    scope = f"{now[:8]}/{REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    signed["authorization"] = f"AWS4-HMAC-SHA256 Credential={KEY}/{scope}, SignedHeaders={names}, Signature={signature}"
    request = urllib.request.Request(f"{ENDPOINT}{urllib.parse.quote(path)}?{query}", method=method, headers=signed)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def work(rounds):
    for _ in range(rounds):
        hashlib.sha256(bytes(1 << 16)).digest()


listed = tree.fromstring(call("GET", f"/{BUCKET}", {"versions": ""}))
space = {"s3": listed.tag[1:].split("}")[0]}
markers = [
    (marker.find("s3:Key", space).text, marker.find("s3:VersionId", space).text)
    for marker in listed.findall("s3:DeleteMarker", space)
]
for key, version in markers:
    call("DELETE", f"/{BUCKET}/{key}", {"versionId": version})
    work(ROUNDS)
print(len(markers), "delete markers removed")
whole = (time.monotonic() - BEGAN) * SLOWER
while time.monotonic() - BEGAN < whole:
    work(1)
'''


def note(text):
    print(text, file=sys.stderr, flush=True)


def run(arguments, allowed):
    ended = subprocess.run([str(part) for part in arguments], capture_output=True, text=True)
    if ended.returncode not in allowed:
        sys.exit(f"{' '.join(map(str, arguments))}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended


def project(folder, slower):
    """A user's project: the scenario and its script."""
    folder.mkdir(parents=True)
    scenario, script = folder / f"{NAME}.yaml", folder / "restore.py"
    scenario.write_text(SCENARIO)
    script.write_text(SCRIPT.replace("ROUNDS", "300").replace("SLOWER", str(slower)))
    script.chmod(0o755)
    return scenario


def measured(suite):
    """What the restore took in each drill of a suite, and how many calls it made."""
    steps = []
    for report in sorted((suite / NAME).glob("*/report.json"), key=lambda path: int(path.parent.name)):
        steps += [step for step in json.loads(report.read_text())["steps"] if step["id"] == "restore"]
    return [step["measured_s"] for step in steps], {step["calls"] for step in steps}


def record(firedrill, scenarios, folder, repeats):
    """Drills the three sets in turn."""
    for n in range(1, repeats + 1):
        for name in SETS[n % 3 :] + SETS[: n % 3]:
            suite = folder / name
            if n == 1:
                run([firedrill, "ci", scenarios[name], "--out", suite, "--jobs", "1"], (0,))
            else:
                run([firedrill, "run", scenarios[name], "--out", suite / NAME / str(n)], (0,))


def judge(firedrill, folder):
    """Whether each of the later sets is called a regression, and for which step."""
    baseline = folder / "baseline.json"
    run([firedrill, "ci", "--recorded", folder / "baseline", "--baseline", baseline, "--update-baseline"], (0,))
    called = {}
    for name in SETS[1:]:
        ended = run([firedrill, "ci", "--recorded", folder / name, "--baseline", baseline], (0, 1))
        said = [line.strip() for line in ended.stdout.splitlines() if line.startswith(" ")]
        called[name] = (ended.returncode == 1, said)
    return called


def page(rows, repeats, machine):
    same = sum(row["same"][0] for row in rows)
    slower = sum(row["slower"][0] and any("step restore: measured time" in line for line in row["slower"][1]) for row in rows)
    print(f"""# Regressions that are called

Written by `benches/regression.py`, which says how: {len(rows)} pairs, {repeats} repeats on each side.
{machine}; nothing else is known of what the machine did meanwhile. A build fails where `firedrill ci` calls a regression, at a confidence of 99 % over all
steps and from a shift of 10 % on.

| | called | of |
|---|--:|--:|
| identical drills | {same} | {len(rows)} |
| a restore step that takes 30 % longer, named | {slower} | {len(rows)} |

The restore step is a script of the user's: it lists versions, removes each delete marker by a call, and hashes in between. The
slower one makes the same calls and computes longer.

| pair | baseline, median | the same | called | 30 % slower | shift | called |
|--:|--:|--:|---|--:|--:|---|""")
    for n, row in enumerate(rows, 1):
        medians = {name: statistics.median(row["times"][name]) for name in SETS}
        words = {name: "yes" if row[name][0] else "no" for name in SETS[1:]}
        print(
            f"| {n} | {medians['baseline']:.2f} s | {medians['same']:.2f} s | {words['same']} | {medians['slower']:.2f} s | "
            f"{medians['slower'] / medians['baseline'] - 1:+.0%} | {words['slower']} |"
        )
    for n, row in enumerate(rows, 1):
        for line in row["same"][1] if row["same"][0] else []:
            print(f"\nPair {n} of identical drills was called: {line}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--firedrill", type=pathlib.Path, default=ROOT / "target/release/firedrill")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--keep", type=pathlib.Path)
    arguments = parser.parse_args()
    scratch = arguments.keep or pathlib.Path(tempfile.mkdtemp(prefix="firedrill-regression-"))
    firedrill, rows = arguments.firedrill.resolve(), []
    scenarios = {name: project(scratch / "projects" / name, SLOWER if name == "slower" else 1.0) for name in SETS}
    for n in range(1, arguments.pairs + 1):
        folder = scratch / f"pair-{n}"
        record(firedrill, scenarios, folder, arguments.repeats)
        row = judge(firedrill, folder)
        found = {name: measured(folder / name) for name in SETS}
        calls = {name: calls for name, (_, calls) in found.items()}
        if len(set.union(*calls.values())) != 1:
            sys.exit(f"pair {n}: the calls differ: {calls}")
        row["times"] = {name: times for name, (times, _) in found.items()}
        rows.append(row)
        note(f"pair {n}: same {row['same']}, slower {row['slower']}")
    described = f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()} {platform.release()}"
    page(rows, arguments.repeats, described)
    if not arguments.keep:
        shutil.rmtree(scratch)


main()
