import type { RowHead } from '../report.ts'

/** Every row, in the order in which they are measured. */
export const ENVIRONMENTS_ROW_NAMES = ['before', 'up', 'list', 'standing', 'api', 'usage', 'down'] as const

export type EnvironmentsRowName = typeof ENVIRONMENTS_ROW_NAMES[number]

export type EnvironmentsRow = RowHead & { readonly name: EnvironmentsRowName, readonly sides: readonly string[] }

/** Who sends requests without a header, and where they go. */
export const UNMARKED = '50-byte responses to callers without a header, 1 connection'

/** What is sent to one environment in side `busy`, about this many requests a second. */
export const MARKED_PER_SECOND = 100

/** The rows by their names. */
export const ENVIRONMENTS_ROWS: readonly EnvironmentsRow[] = [
  {
    name: 'before',
    about: `${UNMARKED}, before there is any environment. direct: a pod without waylay; quiet, app: two workloads with it`,
    sides: ['direct', 'quiet', 'app'],
    fields: ['p50Us', 'p99Ms', 'requestsPerSecond']
  },
  {
    name: 'up',
    about: 'waylay env up, the whole process, which ends when a marked request was answered by the copy; images present. ' +
      'alone: nothing else happens; each: beside others; all: from the first start to the last end',
    sides: ['alone', 'each', 'all'],
    fields: ['wholeMs']
  },
  { name: 'list', about: 'waylay env list, the whole process', sides: ['list'], fields: ['wholeMs'] },
  {
    name: 'standing',
    about: `${UNMARKED}. direct: a pod without waylay; quiet: a workload without environments; standing: the one that ` +
      `has them all, idle; busy: the same while one of them gets about ${MARKED_PER_SECOND} marked requests a second`,
    sides: ['direct', 'quiet', 'standing', 'busy'],
    fields: ['p50Us', 'p99Ms', 'requestsPerSecond']
  },
  {
    name: 'api',
    about: 'requests that the API server answered, of everybody, without environments and while they all stand idle',
    sides: ['none', 'standing'],
    fields: ['requestsPerSecond']
  },
  {
    name: 'usage',
    about: 'one container, nobody calling. quiet-proxy, app-proxy: waylay-proxy in a pod without environments and with all',
    sides: ['quiet-proxy', 'app-proxy', 'companion', 'copy'],
    fields: ['workingMib', 'ownMib', 'millicores']
  },
  {
    name: 'down',
    about: 'waylay env down --all, the whole process; gone: until the API has nothing of them any more, pods included',
    sides: ['down', 'gone'],
    fields: ['wholeMs']
  }
]
