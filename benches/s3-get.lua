-- Reads the objects that s3-put.lua wrote, in an order that no cache foresees.
local keys = tonumber(os.getenv("KEYS") or "1000")
local threads, n = 0, 0

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init()
  n = id
end

function request()
  n = (n + 7919) % keys
  return wrk.format("GET", "/bench/key-" .. n)
end

function done(summary)
  local errors = summary.errors
  io.write(string.format("%.0f %d\n", summary.requests / summary.duration * 1e6,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
