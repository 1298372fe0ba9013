#!/usr/bin/env python3
"""Forecasts against what is known and what drills measure: makes docs/forecast-validation.md.

    cargo build --release && benches/forecast.py > docs/forecast-validation.md

Needs Rust and Python alone. Takes about twelve minutes, most of it in live drills: nothing else should run beside them.
Options: --firedrill PATH (target/release/firedrill), --runs DIR (recorded drills of the shipped scenarios, one folder each by
the scenario's name, instead of new ones), --only known|scenarios|storms|chance.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
WITHIN = 0.10
SEEDS = range(1, 31)


def note(text):
    print(text, file=sys.stderr, flush=True)


def run(arguments, allowed=(0, 1, 3)):
    ended = subprocess.run([str(part) for part in arguments], capture_output=True, text=True, cwd=ROOT)
    if ended.returncode not in allowed:
        sys.exit(f"{' '.join(map(str, arguments))}: exit {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def drill(firedrill, scenario, folder, *more):
    run([firedrill, "run", scenario, "--out", folder, *more])
    return json.loads((folder / "report.json").read_text())


def forecast(firedrill, scenario, folder, *more):
    run([firedrill, "forecast", scenario, "--out", folder, "--phase", "written", *more], allowed=(0,))
    return json.loads((folder / "forecast.json").read_text())


def quantile(distribution, percent):
    found = [one["value_s"] for one in distribution["quantiles"] if one["percent"] == percent]
    return found[0] if found else None


def words(seconds):
    return "never" if seconds is None else f"{seconds:,.0f} s"


def off(live, modelled):
    """By how much the forecast is off, relative to the drill; none where one of them is nothing or never."""
    if not live or modelled is None:
        return None
    return modelled / live - 1


def percent(share):
    return "–" if share is None else f"{share * 100:+.1f} %"


def known():
    return run(["cargo", "run", "--release", "--quiet", "-p", "forecast", "--example", "validation"], allowed=(0,))


# ---- a drill of each shipped scenario ----


def takes(folder):
    """What the plan of a drill says that each step takes, in seconds."""
    plan = json.loads((folder / "plan.json").read_text())
    return {step["id"]: step["takes"] / 1e6 for step in plan["steps"]}


def scenarios(firedrill, recorded, scratch):
    rows, reasons = [], []
    for file in sorted(ROOT.glob("scenarios/**/*.yaml")):
        name = file.stem
        folder = recorded / name if recorded else scratch / name
        if recorded:
            report = json.loads((folder / "report.json").read_text())
        else:
            note(f"drill of {name}")
            report = drill(firedrill, file.relative_to(ROOT), folder)
        scripted = any(step["do"] == "shell" for step in report["steps"])
        more = ["--calibrate", folder] if scripted else []
        predicted = forecast(
            firedrill, file.relative_to(ROOT), scratch / f"{name}-forecast", "--durations", "p95", "--runs", "101", *more
        )
        rows += of_scenario(file, report, predicted, takes(folder), scripted, reasons)
    table = "\n".join(rows)
    why = "\n".join(f"- {reason}" for reason in reasons)
    return f"""
## A drill of each shipped scenario against its forecast

Live drills of the embedded cloud, each with its own seed, beside forecasts of the same file: faults at the moments that the
file says, durations at their 95th percentile as in the drills, the median of 101 runs. *Work* is what the recovery time has
beside detection and what the file models (`takes`): the part that the forecast has to find by itself. A ± of one interval of
the service's probe is in every recovery time.

| scenario | what | drill | forecast | 5–95 % of the runs | off | work: drill | forecast | off |
|---|---|---|---|---|---|---|---|---|
{table}

{"Off by more than 10 %, and why:" if reasons else "Nothing is off by more than 10 %."}

{why}
"""


def of_scenario(file, report, predicted, planned, scripted, reasons):
    rows, name = [], file.stem
    title = f"{name}{' (calibrated by the drill)' if scripted else ''}"
    services = {service["service"]: service for service in predicted["targets"] if service["metric"] == "rto"}
    detect = [phase for phase in report["phases"] if phase["name"] == "detect" and phase["end_s"] is not None]
    detected = detect[0]["end_s"] - detect[0]["start_s"] if detect else 0
    rtos = [one["actual_s"] or 0 for one in report["objectives"] if one["metric"] == "rto"]
    longest = max(rtos, default=0)
    for objective in report["objectives"]:
        if objective["metric"] != "rto" or objective["service"] not in services:
            continue
        live = None if objective["at_least_s"] is not None else objective["actual_s"]
        modelled = quantile(services[objective["service"]]["figure"], 50)
        error = off(live, modelled)
        part = [None, None, None]
        # The way of the longest recovery is the one that is told.
        if live and modelled and live == longest:
            on_way = [one["name"] for one in predicted["durations"] if one["critical"] > 0.5]
            known = sum(planned.get(step, 0) for step in on_way)
            work = (live - known - detected, modelled - known - detected)
            part = [work[0], work[1], off(work[0], work[1])]
        figure = services[objective["service"]]["figure"]
        low, high = quantile(figure, 5), quantile(figure, 95)
        rows.append(
            f"| {title} | {objective['service']} RTO | {words(live)} | {words(modelled)} | {words(low)} – {words(high)} | "
            f"{percent(error)} | {words(part[0]) if part[0] is not None else '–'} | "
            f"{words(part[1]) if part[1] is not None else '–'} | {percent(part[2])} |"
        )
        title = ""
        if (live is None) != (modelled is None):
            reasons.append(f"{name}, {objective['service']}: one of them was back and the other was not.")
        elif error is not None and (abs(error) > WITHIN or abs(part[2] or 0) > WITHIN):
            of = "work" if abs(error) <= WITHIN else "recovery time"
            if abs(live - modelled) <= objective["error_s"]:
                why = f"less than what the drill is exact to (± {words(objective['error_s'])}, an interval of its probe)"
            elif low <= live <= (high or math.inf):
                why = (
                    f"the drill lies among the runs of the forecast ({words(low)} to {words(high)}): which round of the probe "
                    "is the first to find enough is chance"
                )
            else:
                why = "the model is off here"
            reasons.append(f"{name}, {objective['service']}, {of}: {why}.")
    back = (report.get("fleet") or {}).get("reconnected_s") or {}
    fleet = {one["percent"]: quantile(one["after"], 50) for one in (predicted["fleet"] or {}).get("back", [])}
    if back.get("99") and fleet.get(99):
        error = off(back["99"], fleet[99])
        rows.append(f"| {title} | 99 % of the fleet back | {words(back['99'])} | {words(fleet[99])} | – | {percent(error)} | – | – | – |")
        if abs(error) > WITHIN:
            reasons.append(f"{name}, the fleet: {percent(error)} of {words(back['99'])}.")
    return rows


# ---- live storms ----

STORM = """version: 1
name: storm
title: The broker dies, and every device comes back
system: validation
objectives: {{mtd: 4h, services: {{telemetry: {{probe: path, rto: 1h}}}}}}
cloud:
  regions: {{primary: us-east-1}}
  buckets: {{readings: {{name: storm-readings}}}}
  iot: {{quotas: {{connects_per_second: {quota}}}, rules: {{readings: {{topic: "dt/+/telemetry", to: {{bucket: readings}}}}}}}}
fleet: {{devices: {devices}, stands_for: {devices}, profile: aws-full-jitter, telemetry: {{every: 10m, payload: 128B}}}}
probes: {{path: {{do: path.telemetry, every: 60s, timeout: 50s}}}}
faults: [{{at: 20m, do: iot.kill_broker, for: 2m}}]
detection: {{probe: path, failing: 3 of 5, every: 1m}}
runbook: [{{id: declare, do: human, takes: {{p50: 5m, p95: 10m}}}}]
"""


def storms(firedrill, scratch):
    rows, late = [], False
    for devices in (1_000, 3_000, 10_000):
        note(f"storm of {devices} devices")
        file = scratch / f"storm-{devices}.yaml"
        # A tenth of AWS's quota for a tenth of the devices: the quota decides, as it does for a large fleet.
        file.write_text(STORM.format(devices=devices, quota=max(devices // 200, 5)))
        # A drill that shows nothing, since this machine had too little time for it, is no storm, and is drilled again.
        for attempt in range(3):
            report = drill(firedrill, file, scratch / f"storm-{devices}-{attempt}")
            fleet = report["fleet"]
            if fleet["reconnected_s"]:
                break
            note(f"shows nothing: {report['reasons']}")
        else:
            sys.exit(f"no storm of {devices} devices in three drills")
        stands = fleet.get("stands_for") or {}
        for share in ("50", "90", "99", "100"):
            live, modelled = fleet["reconnected_s"].get(share), (stands.get("modelled_here_s") or {}).get(share)
            late |= abs(off(live, modelled) or 0) > WITHIN
            rows.append(
                f"| {devices:,} | {max(devices // 200, 5)}/s | {share} % | {words(live)} | {words(modelled)} | {percent(off(live, modelled))} |"
            )
    table = "\n".join(rows)
    why = """
Devices of a drill that are due within a moment of wall time come together, so that many timers cost little. With a small quota,
which lets in a second's worth at once, some of them are refused that would have been let in one by one: small fleets come back
later in a drill than in the engine.
"""
    return f"""
## Live storms against the engine

The broker of a live drill is killed and back two minutes later; the devices (`aws-full-jitter`) come back against a quota that
lets in a two-hundredth of them each second. Times from the fault; drills see the fleet every 10 s.

| devices | quota | back | drill | engine | off |
|---|---|---|---|---|---|
{table}
{why if late else ""}"""


# ---- the chance of meeting a target ----


def chance(firedrill, scratch):
    text = (ROOT / "scenarios/hello.yaml").read_text()
    old = "rto: 30m"
    assert old in text
    file = scratch / "hello.yaml"
    file.write_text(text.replace(old, "rto: 8m"))
    predicted = forecast(firedrill, file, scratch / "chance")
    rto = next(target for target in predicted["targets"] if target["metric"] == "rto")
    met, worst = 0, 0.0
    for seed in SEEDS:
        note(f"drill {seed} of {len(SEEDS)} with drawn durations")
        report = drill(firedrill, file, scratch / f"seed-{seed}", "--seed", str(seed), "--durations", "draw")
        objective = next(one for one in report["objectives"] if one["metric"] == "rto")
        met += objective["verdict"] == "pass"
        same = forecast(firedrill, file, scratch / f"same-{seed}", "--seed", str(seed), "--runs", "1")
        modelled = quantile(next(one for one in same["targets"] if one["metric"] == "rto")["figure"], 50)
        worst = max(worst, abs(off(objective["actual_s"], modelled) or 0))
    low, high = wilson(met, len(SEEDS))
    inside = low <= rto["chance"] <= high
    return f"""
## The chance of meeting a target against {len(SEEDS)} live drills

`scenarios/hello.yaml` with an RTO of 8 minutes, drilled with the seeds 1 to {len(SEEDS)} and `--durations draw`, beside its
forecast of {predicted["runs"]:,} runs:

| | met its RTO | 95 % interval |
|---|---|---|
| forecast | {rto["chance"] * 100:.1f} % | {rto["chance_low"] * 100:.1f}–{rto["chance_high"] * 100:.1f} % |
| {len(SEEDS)} live drills | {met} of {len(SEEDS)}, {met / len(SEEDS) * 100:.1f} % | {low * 100:.1f}–{high * 100:.1f} % |

The chance that was forecast {"lies" if inside else "**does not lie**"} in the interval of the drills. A run of a forecast has
the same durations as a drill of its seed: of the {len(SEEDS)} pairs none was further apart than {worst * 100:.1f} %.
"""


def wilson(hits, n):
    z = 1.959963984540054
    share = hits / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--firedrill", type=pathlib.Path, default=target / "release/firedrill")
    parser.add_argument("--runs", type=pathlib.Path)
    parser.add_argument("--only", choices=["known", "scenarios", "storms", "chance"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        parts = {
            "known": known,
            "scenarios": lambda: scenarios(arguments.firedrill, arguments.runs, scratch),
            "storms": lambda: storms(arguments.firedrill, scratch),
            "chance": lambda: chance(arguments.firedrill, scratch),
        }
        for name, part in parts.items():
            if arguments.only in (None, name):
                print(part(), end="", flush=True)


if __name__ == "__main__":
    main()
