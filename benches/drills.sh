#!/usr/bin/env bash
# The shipped drills one after another: wall time, processor time, verdict, and what limited the clock most.
#
#   benches/drills.sh [BINARY] [ARGUMENT…]                 every scenario of scenarios/iot-steel
#   SCENARIOS="s3-bucket-loss" benches/drills.sh BINARY    only these
#
# Two binaries are compared by calling it for both in turn, several times: A B A B.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${1:-target/release/firedrill}
[ $# = 0 ] || shift
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

printf '%-32s %8s %8s %8s  %-12s %s\n' scenario "wall s" "user s" "sys s" verdict "what limited the clock (wall s, mean rate)"
for file in scenarios/iot-steel/*.yaml; do
  name=$(basename "$file" .yaml)
  if [ -n "${SCENARIOS:-}" ] && [[ " $SCENARIOS " != *" $name "* ]]; then continue; fi
  TIMEFORMAT='%R %U %S'
  # A drill that fails its targets ends with 1: that is its result.
  { time "$binary" run "$file" --out "$out/$name" "$@" >/dev/null 2>&1 || true; } 2>"$out/$name.time"
  read -r wall user sys <"$out/$name.time"
  said=$(python3 - "$out/$name/report.json" <<'PYTHON'
import json, sys
report = json.load(open(sys.argv[1]))
limits = report["clock"].get("limits", [])[:3]
most = "; ".join(f"{l['limit']} ({l['wall_s']:.1f}, {l['drill_s'] / max(l['wall_s'], 1e-9):.0f})" for l in limits)
print(f"{report['verdict']:<12} {most}")
PYTHON
  )
  printf '%-32s %8s %8s %8s  %s\n' "$name" "$wall" "$user" "$sys" "$said"
done
