/**
 * The command line's own tests and what it is made of: they need neither Linux nor root nor a cluster, so they run on
 * macOS and Windows too. Left out are those that send signals (Windows has none), that press keys in real shells, and
 * that need other programs; on Windows also those whose lines are for a shell of Unix.
 */
export default {
  files: [
    'test/cli/**/*.test.ts', 'test/intercepts/**/*.test.ts', 'test/environments/**/*.test.ts',
    'test/tunnel/**/*.test.ts', 'test/common/**/*.test.ts',
    '!test/cli/completion/completion-shells.test.ts', '!test/cli/inspect/page.test.ts', '!test/cli/inspect/curl.test.ts', '!test/tunnel/hashicorp.test.ts',
    ...process.platform === 'win32' ? ['!test/cli/main.test.ts', '!test/cli/child/**', '!test/cli/ci/ci-run.test.ts', '!test/cli/ci/ci-test.test.ts'] : []
  ],
  extensions: ['ts'],
  timeout: '120s'
}
