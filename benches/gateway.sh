#!/bin/sh
# What the gateway costs. Needs wrk, curl and nginx.
#
#   benches/gateway.sh                    seven rounds of 3 s for each, the medians are printed
#   SECONDS_EACH=5 ROUNDS=9 benches/gateway.sh
#   SERVER=path/to/gateway_cost benches/gateway.sh      without building it first
#
# First the embedded S3, 16 connections, 1 KiB objects: bare under s3s, behind the gateway, and behind the
# gateway with four rules that look at every request. Then GETs over one connection to a bare S3: direct,
# through nginx as a plain proxy, through a gateway that forwards; the median latency of each. The rounds
# of what is compared take turns, so that a machine's other work falls on all of it alike.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
rounds=${ROUNDS:-7}
seconds=${SECONDS_EACH:-3}
port=${PORT:-19100}

for tool in wrk curl nginx; do
  command -v "$tool" >/dev/null || { echo "gateway: $tool is not installed" >&2; exit 4; }
done

server=${SERVER:-}
if [ -z "$server" ]; then
  (cd "$here/.." && cargo build --release -q -p cloud-emulator --example gateway_cost)
  server=${CARGO_TARGET_DIR:-$here/../target}/release/examples/gateway_cost
fi

work=$(mktemp -d)
pids=
cleanup() {
  # shellcheck disable=SC2086
  kill $pids 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# Starts a server on a port and waits until it answers.
start() {
  on=$1; shift
  "$@" >"$work/log-$on" 2>&1 &
  pids="$pids $!"
  last=$!
  until curl -s -o /dev/null "http://127.0.0.1:$on/"; do
    kill -0 $last 2>/dev/null || { echo "gateway: $* did not start" >&2; cat "$work/log-$on" >&2; exit 4; }
  done
}

bare=$port; gateway=$((port + 1)); rules=$((port + 2)); forward=$((port + 3)); proxy=$((port + 4))
start $bare "$server" --port $bare bare
start $gateway "$server" --port $gateway gateway
start $rules "$server" --port $rules rules
start $forward "$server" --port $forward forward 127.0.0.1:$bare
cat >"$work/nginx.conf" <<CONF
daemon off; pid $work/nginx.pid; error_log $work/nginx.log; worker_processes 1;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f;
  uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  upstream to { server 127.0.0.1:$bare; keepalive 32; }
  server {
    listen 127.0.0.1:$proxy;
    keepalive_requests 100000000;
    location / {
      proxy_pass http://to; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host \$http_host; proxy_buffering off;
    }
  }
}
CONF
start $proxy nginx -p "$work" -c "$work/nginx.conf" -e "$work/nginx.log"

for on in $bare $gateway $rules; do
  curl -sf -o /dev/null -X PUT "http://127.0.0.1:$on/bench"
  KEYS=1000 wrk -t2 -c16 -d2s -s "$here/s3-put.lua" "http://127.0.0.1:$on" >/dev/null
done

# What is read through all three. A gateway in front of another endpoint touches only buckets that were made through it.
curl -sf -o /dev/null -X PUT "http://127.0.0.1:$forward/forwarded" -d \
  '<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>'
head -c 1024 /dev/zero | tr '\0' x |
  curl -sf -o /dev/null -X PUT --data-binary @- "http://127.0.0.1:$forward/forwarded/key-1"

median() { sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"; }

rate() { KEYS=1000 wrk -t2 -c16 -d"${seconds}s" -s "$here/s3-$2.lua" "http://127.0.0.1:$1" | tail -n 1 >>"$work/$2-$1"; }

# The median latency in microseconds.
latency() {
  wrk -t1 -c1 -d"${seconds}s" --latency "http://127.0.0.1:$1/forwarded/key-1" |
    awk '$1 == "50%" { v = $2; if (v ~ /us$/) f = 1; else if (v ~ /ms$/) f = 1000; else f = 1000000; printf "%.1f\n", v * f }' \
      >>"$work/latency-$1"
}

for _ in $(seq "$rounds"); do
  for on in $bare $gateway $rules; do rate "$on" put; rate "$on" get; done
  for on in $bare $proxy $forward; do latency "$on"; done
done

printf '%-32s %10s %10s %8s\n' 'embedded S3' PUT/s GET/s errors
for line in "$bare:bare" "$gateway:gateway" "$rules:gateway with 4 rules"; do
  on=${line%%:*}
  # shellcheck disable=SC2046
  set -- $(median "$work/put-$on") $(median "$work/get-$on")
  printf '%-32s %10s %10s %8s\n' "${line#*:}" "$1" "$3" "$(($2 + $4))"
  [ "$on" = "$bare" ] && { put=$1; get=$3; } ||
    awk -v p="$1" -v g="$3" -v bp="$put" -v bg="$get" \
      'BEGIN { printf "%-32s %9.1f%% %9.1f%%\n", "  of bare", 100 * p / bp, 100 * g / bg }'
done
direct=$(median "$work/latency-$bare")
printf '\n%-32s %12s %12s\n' 'forwarding, one connection' 'median us' 'added us'
for line in "$bare:direct" "$proxy:nginx" "$forward:gateway"; do
  value=$(median "$work/latency-${line%%:*}")
  awk -v n="${line#*:}" -v v="$value" -v d="$direct" 'BEGIN { printf "%-32s %12.0f %12.0f\n", n, v, v - d }'
done
