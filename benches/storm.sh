#!/usr/bin/env bash
# A storm on Firedrill's engine and the same model in SimPy and NeXosim, in turn, three times each: compare the medians of
# events per second. The fleet is small for SimPy's sake; Firedrill's engine is not helped by that.
#
#   benches/storm.sh [DEVICES CONNECTS_PER_SECOND]      needs python3 with simpy (pip install simpy)
set -euo pipefail
cd "$(dirname "$0")/.."
devices=${1:-100000} rate=${2:-50}
cargo build --release --quiet -p forecast --example storm
(cd benches/storm-nexosim && cargo build --release --quiet)
nexosim=${CARGO_TARGET_DIR:-benches/storm-nexosim/target}/release/storm-nexosim
storm=${CARGO_TARGET_DIR:-target}/release/examples/storm
for _ in 1 2 3; do
  "$storm" "$devices" "$rate"
  python3 benches/storm.py "$devices" "$rate"
  "$nexosim" "$devices" "$rate"
done
