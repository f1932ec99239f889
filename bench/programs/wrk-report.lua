-- What wrk knows at its end, in one line for bench/load/wrk.ts. The median is interpolated within its microsecond.
function done (summary, latency)
  local half, seen, p50 = summary.requests / 2, 0, 0
  for index = 1, #latency do
    local value, count = latency(index)
    if seen + count >= half then
      p50 = value - 0.5 + (half - seen) / count
      break
    end
    seen = seen + count
  end
  local errors = summary.errors
  io.write(string.format(
    "bench: requests=%d duration_us=%d bytes=%d p50_us=%.3f p99_us=%d connect=%d read=%d write=%d status=%d timeout=%d\n",
    summary.requests, summary.duration, summary.bytes, p50, latency:percentile(99), errors.connect, errors.read,
    errors.write, errors.status, errors.timeout))
end
