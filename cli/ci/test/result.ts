import type { Judged } from './minimum.ts'

/** How a run of tests went. */
export type TestResult = {
  readonly environment: string | undefined
  readonly header: { readonly name: string, readonly value: string } | undefined
  /** RFC 3339. */
  readonly startedAt: string
  readonly durationMs: number
  /** Of the test program. */
  readonly exitCode: number
  readonly judged: readonly Judged[]
}

/** What `--summary` writes; docs/output.md has each field. */
export function toSummary ({ environment, header, judged, ...result }: TestResult) {
  const whole = judged.find(({ counted }) => counted === undefined)
  const workloads = judged.flatMap(({ counted, wanted }) =>
    counted === undefined ? [] : [{ ...counted, minMatches: wanted }])
  return {
    ...result,
    environment: environment ?? null,
    header: header ?? null,
    passed: result.exitCode === 0 && judged.every(({ requests, wanted }) => requests >= wanted),
    requests: whole?.requests ?? 0,
    minMatches: whole?.wanted ?? 0,
    workloads
  }
}

/** What is counted, for people. */
export function nameOf ({ counted }: Judged): string {
  return counted === undefined ? 'all workloads' : `${counted.workload} port ${counted.port}`
}

/** `3 requests were diverted`. */
export function describeCount (requests: number): string {
  return requests === 1 ? '1 request was diverted' : `${requests} requests were diverted`
}
