import { CHAINS, type Table } from './plan-rules.ts'

/** What one family of one back end holds, as far as we care. */
export type FoundRules = {
  /** Rules of anybody in any table. */
  readonly ruleCount: number
  /** Jumps to our chains; `position` counts from 1 within the built-in chain. */
  readonly jumps: readonly Jump[]
  /** Tables that have our chain. */
  readonly chains: readonly Table[]
  /** Other people's rules in nat PREROUTING: a service mesh, most likely. */
  readonly foreign: readonly string[]
}

export type Jump = { readonly table: Table, readonly position: number }

/** Reads the output of `iptables-save`. Lines it does not know are nobody's business of ours. */
export function parseSavedRules (text: string): FoundRules {
  const jumps: Jump[] = []
  const chains: Table[] = []
  const foreign: string[] = []
  let ruleCount = 0
  let current = ''
  let position = 0
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      current = line.slice(1).trim()
      position = 0
    }
    if (line.startsWith('-A ')) ruleCount++
    if (!isTable(current)) continue
    const { name, hook } = CHAINS[current]
    if (line.startsWith(`:${name} `)) chains.push(current)
    if (!line.startsWith(`-A ${hook} `)) continue
    position++
    if (line.endsWith(`-j ${name}`)) jumps.push({ table: current, position })
    else if (current === 'nat') foreign.push(line)
  }
  return { ruleCount, jumps, chains, foreign }
}

function isTable (name: string): name is Table {
  return name === 'nat' || name === 'mangle'
}
