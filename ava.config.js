/** Unit tests: need no cluster. */
export default {
  files: ['test/**/*.test.ts', '!test/e2e/**'],
  extensions: ['ts'],
  timeout: '60s'
}
