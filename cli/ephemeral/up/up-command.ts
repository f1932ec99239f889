import { Option, type Command } from 'commander'
import { ROUTING_HEADER } from '../../../common/contract.ts'
import { DEFAULT_TTL } from '../../../environments/ttl.ts'
import type { CliDeps } from '../../deps.ts'
import { durationOption } from '../../duration-option.ts'
import { outputOption } from '../../output-option.ts'
import { refuseFlagsOfAbove } from '../../stray-flags.ts'
import { parseEnvironmentTtl } from '../ttl.ts'
import type { EnvUpFlags } from './up-flags.ts'

/** Adds `env up`. */
export function addUpCommand (env: Command, deps: CliDeps): void {
  env.command('up')
    .summary('make an environment: copies of workloads with other images, reached by a header')
    .description('Make an environment, or bring it up to date: a copy of each workload with another image or other variables, ' +
      'to which the requests with its header go. All others go on to the originals.')
    .argument('<environment>', 'its name: lower-case letters, digits and "-", for example pr-123')
    .option('--workload <workload>', 'workload that gets a copy; may be repeated', collect)
    .option('--image <container=image>', 'image of a container of the copy: <container>=<image>, <workload>/<container>=<image>, or the image alone; may be repeated', collect)
    .option('--env <KEY=value>', 'variable of the app\'s containers in all copies, or <workload>/<KEY>=<value> in one; may be repeated', collect)
    .option('--port <port>', 'container port whose requests go to the copy, by number or name, instead of all; may be repeated', collect)
    .addOption(durationOption('--ttl <duration>', 'how long it lives unless it is renewed; each "env up" renews it', DEFAULT_TTL, parseEnvironmentTtl))
    .option('--header <name>', 'name of the header that leads to it', ROUTING_HEADER)
    .option('--ready-path <path>', 'path of the request that proves it (default: that of the readiness probe, or /)')
    .addOption(new Option('--wait', 'wait until the copies have answered').default(true, 'yes'))
    .option('--no-wait', 'come back as soon as everything is written')
    .addOption(durationOption('--timeout <duration>', 'how long to wait', '2m'))
    .option('--dry-run', 'print what would be written, and write nothing')
    .option('--allow-shared-consumers', 'even though original and copy would share the work of a queue or a consumer group')
    .option('--keep-label <key>', 'label of the original\'s pods that the copy\'s have too, where a policy asks for it and nothing selects by it; may be repeated', collect)
    .option('--fresh-volumes', 'volumes of the original that cannot be shared are empty in the copy')
    .option('--ignore-policies', 'even though a policy that selects the original cannot be copied')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action(async (name: string, _options: object, command: Command) => {
      refuseFlagsOfAbove(command, ['output'])
      const { envUp } = await import('./up.ts')
      await envUp(name, command.optsWithGlobals<EnvUpFlags>(), deps)
    })
}

function collect (text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

const HELP = `
The same command again brings it up to date in place: another image, other variables, a longer life. What is not named
any more is as in the original again. Header and value stay.

Examples:
  $ waylay env up pr-123 --workload payments --image registry.example.org/payments:pr-123
  $ waylay env up pr-123 --workload payments --workload orders --image payments=…:pr-123 --image orders/worker=…:pr-123
  $ waylay env up pr-123 --workload payments --env LOG_LEVEL=debug --env payments/QUEUE_NAME=pr-123 --ttl 2h
  $ waylay env up pr-123 --workload payments --dry-run

Exit codes:
  0 done   2 wrong arguments   3 missing rights   4 cluster not reachable, or waylay not installed
  5 workload not fit for a copy, or the copy does not start   6 the name is taken, or there are too many`
