import test from 'ava'
import { parseH2load } from '../../bench/load/h2load.ts'
import { parseReport } from '../../bench/load/wrk.ts'

const WRK = `Running 3s test @ http://10.99.0.2:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.18ms  512.11us  14.92ms   95.01%
    Req/Sec    54.61k     2.31k   58.12k    80.65%
  168412 requests in 3.10s, 31.80MB read
Requests/sec:  54325.77
Transfer/sec:     10.26MB
bench: requests=168412 duration_us=3100045 bytes=33345576 p50_us=1112.250 p99_us=2100 connect=0 read=2 write=0 status=3 timeout=1
`

test('the report of wrk is read, and all that failed is added up', t => {
  t.deepEqual(parseReport(WRK), {
    requests: 168412, seconds: 3.100045, bytes: 33345576, p50Us: 1112.25, errors: 6
  })
})

test('a run of wrk without our report is an error that shows what it said', t => {
  t.throws(() => parseReport('unable to connect to 10.99.0.2:8080 Connection refused'), { message: /Connection refused/ })
  t.throws(() => parseReport('bench: requests=5 duration_us=1'), { message: /no bytes/ })
  t.throws(() => parseReport(WRK.replace('p50_us=1112.250', 'p50_us=x')), { message: /no p50_us/ })
})

// Printed by h2load 1.52.0.
const H2LOAD = `starting benchmark...
finished in 2.00s, 16279.50 req/s, 3.32MB/s
requests: 32559 total, 32623 started, 32559 done, 32536 succeeded, 23 failed, 0 errored, 0 timeout
status codes: 32537 2xx, 0 3xx, 0 4xx, 23 5xx
traffic: 6.65MB (6968360) total, 3.72MB (3905682) headers (space savings 34.07%), 1.71MB (1793146) data
                     min         max         mean         sd        +/- sd
time for request:       98us     61.71ms      3.88ms      5.24ms    95.23%
`

test('the summary of h2load is read, and answers that are no success are errors', t => {
  t.deepEqual(parseH2load(H2LOAD, 2), { requests: 32559, seconds: 2, bytes: 6968360, p50Us: NaN, errors: 23 })
})

test('a run of h2load without a summary is an error that shows what it said', t => {
  t.throws(() => parseH2load('Could not connect to host', 2), { message: /Could not connect/ })
})
