import { InvalidArgumentError, type Command } from 'commander'
import type { CliDeps } from './deps.ts'
import type { InstallFlags } from './flags.ts'

// As shells count SIGINT.
const INTERRUPTED_EXIT_CODE = 130

/** Adds `install`. */
export function addInstallCommand (program: Command, deps: CliDeps, setExitCode: (code: number) => void): void {
  program.command('install')
    .summary('put waylay into the cluster (for its administrator)')
    .description('Apply the manifests, wait for the webhook, and check that a new pod is really injected. Running it again updates.')
    .option('--image-registry <prefix>', 'where both images come from, for example registry.example.org/waylay')
    .option('--webhook-image <image>', 'image of the webhook, in full')
    .option('--sidecar-image <image>', 'image of the two injected containers, in full')
    .option('--timeout-seconds <seconds>', 'longest wait for the webhook, and again for the injection', parseSeconds, 120)
    .addHelpText('after', `
Examples:
  $ waylay install
  $ waylay install --image-registry registry.example.org/waylay
  $ kubectl label namespace shop waylay.dev/inject=enabled && kubectl -n shop rollout restart deployment

Exit codes:
  0 pods are injected   2 wrong arguments   3 missing rights   4 cluster not reachable, too old, or not ready in time
  130 stopped with Ctrl-C`)
    .action(async (_options: object, command: Command) => {
      const { install } = await import('./install.ts')
      const isDone = await install(command.optsWithGlobals<InstallFlags>(), deps)
      if (!isDone) setExitCode(INTERRUPTED_EXIT_CODE)
    })
}

function parseSeconds (text: string): number {
  const seconds = Number(text)
  if (!Number.isInteger(seconds) || seconds < 1) throw new InvalidArgumentError('Expected a whole number of seconds, 1 or more.')
  return seconds
}
