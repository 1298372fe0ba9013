#!/bin/sh
# Measures warm invocations of a function of our own over Lambda's API: invocations per second, and the
# median and 99th percentile of what one takes, for 1, 4 and 16 connections, load from the same machine.
#
#   benches/lambda.sh
#   PROGRAM=path/to/lambda_warm benches/lambda.sh      without building it first
set -eu

here=$(cd "$(dirname "$0")" && pwd)
program=${PROGRAM:-}
if [ -z "$program" ]; then
  (cd "$here/.." && cargo build --release -q -p cloud-emulator --example lambda_warm)
  program=${CARGO_TARGET_DIR:-$here/../target}/release/examples/lambda_warm
fi
"$program"
