#!/usr/bin/env bash
# The most memory that all processes of one drill hold together (simulator, broker, reaper), and how
# long the drill takes.
#
#   benches/drill-memory.sh [SCENARIO] [FIREDRILL]
#
# Memory is PSS, the proportional set size: a page that two processes share counts once.
set -euo pipefail
cd "$(dirname "$0")/.."
scenario=${1:-scenarios/iot-steel/s3-bucket-loss.yaml}
firedrill=${2:-}
if [ -z "$firedrill" ]; then
  cargo build --release --quiet
  firedrill=${CARGO_TARGET_DIR:-target}/release/firedrill
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

"$firedrill" run "$scenario" --out "$out/run" >"$out/summary" 2>"$out/progress" &
drill=$!
began=$(date +%s.%N)
peak=0
# The broker and the reaper are children of the simulator.
pss() {
  local total=0 pid kib
  for pid in "$drill" $(pgrep -P "$drill" || true); do
    kib=$(awk '/^Pss:/ {print $2}' "/proc/$pid/smaps_rollup" 2>/dev/null || true)
    total=$((total + ${kib:-0}))
  done
  echo "$total"
}
while kill -0 "$drill" 2>/dev/null; do
  now=$(pss)
  [ "$now" -gt "$peak" ] && peak=$now
  sleep 0.2
done
wait "$drill" && code=0 || code=$?
took=$(echo "$(date +%s.%N) - $began" | bc)
printf '%s\n  exit %s, %.1f s of wall time, peak %.1f MiB for all processes\n' "$scenario" "$code" "$took" "$(echo "$peak / 1024" | bc -l)"
