/** Unit tests: need no cluster. */
export default {
  files: ['test/**/*.test.ts', '!test/e2e/**'],
  extensions: ['ts'],
  // Of silence in all files, after which AVA ends the run: beside others a JVM or a browser takes most of a minute.
  timeout: '5m'
}
