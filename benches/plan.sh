#!/usr/bin/env bash
# 10,000 disasters of the region-failure runbook, without its fleet and with it: processor time on one core, then elapsed time on
# two, three runs each.
#
#   benches/plan.sh
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --quiet -p forecast --example plan
plan=${CARGO_TARGET_DIR:-target}/release/examples/plan
with=scenarios/iot-steel/region-failure.yaml
without=$(mktemp --suffix .yaml)
trap 'rm -f "$without"' EXIT
# What needs devices goes with them: the service, its probe, and the gates on it.
sed -e '/^fleet:/,/^$/d' -e '/telemetry-path/d' "$with" >"$without"
for file in "$without" "$with"; do
  echo "$([ "$file" = "$with" ] && echo "with its 2,000 devices" || echo "without a fleet"):"
  TIMEFORMAT='  one core: %U s'
  for _ in 1 2 3; do time "$plan" "$file" 10000 1 >/dev/null; done
  TIMEFORMAT='  two cores: %R s'
  for _ in 1 2 3; do time "$plan" "$file" 10000 2 >/dev/null; done
done
