#!/bin/sh
# Measures the embedded S3 through its gateway: PUT and GET of 1 KiB objects, 16 connections, unsigned,
# load from the same machine, at 1,000 and at 100,000 keys. Needs wrk and curl.
#
#   benches/s3-wrk.sh            three runs of 5 s each, the median is printed
#   SECONDS_EACH=10 RUNS=5 benches/s3-wrk.sh
#   SERVER=path/to/s3_server benches/s3-wrk.sh      without building it first
set -eu

here=$(cd "$(dirname "$0")" && pwd)
runs=${RUNS:-3}
seconds=${SECONDS_EACH:-5}
port=${PORT:-19000}
url=http://127.0.0.1:$port

for tool in wrk curl; do
  command -v "$tool" >/dev/null || { echo "s3-wrk: $tool is not installed" >&2; exit 4; }
done

server=${SERVER:-}
if [ -z "$server" ]; then
  (cd "$here/.." && cargo build --release -q -p cloud-emulator --example s3_server)
  server=${CARGO_TARGET_DIR:-$here/../target}/release/examples/s3_server
fi

"$server" --port "$port" --anonymous >/dev/null &
pid=$!
trap 'kill $pid 2>/dev/null || true' EXIT
until curl -sf -o /dev/null "$url/"; do
  kill -0 $pid 2>/dev/null || { echo "s3-wrk: the server did not start" >&2; exit 4; }
done
curl -sf -o /dev/null -X PUT "$url/bench"

# Prints "requests-per-second errors" of the median run of one script.
median() {
  for _ in $(seq "$runs"); do
    KEYS=$1 wrk -t2 -c16 -d"${seconds}s" -s "$here/$2" "$url" | tail -n 1
  done | sort -n | sed -n "$(((runs + 1) / 2))p"
}

# Writes every key once, so that reads find them all.
fill() {
  KEYS=$1 wrk -t2 -c16 -d"${2}s" -s "$here/s3-put.lua" "$url" >/dev/null
}

printf '%-10s %12s %12s %8s\n' keys 'PUT/s' 'GET/s' errors
for keys in 1000 100000; do
  fill "$keys" 8
  # shellcheck disable=SC2046
  set -- $(median "$keys" s3-put.lua) $(median "$keys" s3-get.lua)
  printf '%-10s %12s %12s %8s\n' "$keys" "$1" "$3" "$(($2 + $4))"
done
printf 'resident memory of the server: %s kB\n' "$(awk '/VmRSS/ {print $2}' /proc/$pid/status)"
