/**
 * End-to-end tests: need the cluster that `node test/run.ts` brings up. One file at a time: they
 * share two cores. Only those of `test/patient-files.ts` run beside each other.
 */
export default {
  files: ['test/e2e/**/*.test.ts'],
  extensions: ['ts'],
  concurrency: 1,
  timeout: '5m'
}
