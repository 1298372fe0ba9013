-- Writes objects of 1 KiB under KEYS different keys, spread over all threads.
local keys = tonumber(os.getenv("KEYS") or "1000")
local body = string.rep("x", 1024)
local threads, n = 0, 0

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init()
  n = id
end

function request()
  n = n + 2
  return wrk.format("PUT", "/bench/key-" .. (n % keys), nil, body)
end

function done(summary)
  local errors = summary.errors
  io.write(string.format("%.0f %d\n", summary.requests / summary.duration * 1e6,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
