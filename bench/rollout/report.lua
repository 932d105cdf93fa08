-- What wrk knows when it ends, as one line of JSON on standard error; times in microseconds.
done = function(summary, latency)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  local line = '{"answered":%d,"lost":%d,"p50":%d,"p99":%d,"max":%d}\n'
  local p50, p99 = latency:percentile(50), latency:percentile(99)
  io.stderr:write(line:format(summary.requests, lost, p50, p99, latency.max))
end
