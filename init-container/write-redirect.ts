import { WaylayError } from '../common/errors.ts'
import type { BackEnd } from './back-end.ts'
import type { FoundRules } from './found-rules.ts'
import type { Family, RuleConfig } from './plan-rules.ts'
import type { Run } from './run.ts'
import { addSourceAddresses, removeSourceAddresses } from './source-addresses.ts'

export type RedirectDeps = {
  readonly run: Run
  /** In the order in which they are tried. */
  readonly backEnds: readonly BackEnd[]
  /** The only one that may write, by name; the others are still cleared of ours. Undefined: any. */
  readonly onlyBackEnd?: string | undefined
}

const NEEDS = 'The init container needs NET_ADMIN, for the legacy back end NET_RAW too, and a kernel with the xtables ' +
  'matches recent, owner and addrtype, or with nftables\' dynamic sets, fib and redirect.'

type Candidate = { readonly backEnd: BackEnd, readonly found: readonly FoundRules[] }

/**
 * Writes the rules of every family of the pod with the first back end that takes all of them: all or nothing, so that
 * a port never behaves differently by the address it is called with.
 *
 * @returns the name of the back end.
 * @throws {WaylayError} `WAYLAY_REDIRECT_FAILED` with each back end's reason. Call `removeRedirect` then.
 */
export function writeRedirect (config: RuleConfig, families: readonly Family[], deps: RedirectDeps): string {
  const reasons: string[] = []
  const candidates = findCandidates(families, deps.backEnds, reasons)
  refuseForeign(candidates)
  addSourceAddresses(families, deps.run)
  for (const { backEnd } of candidates) {
    if (deps.onlyBackEnd !== undefined && backEnd.name !== deps.onlyBackEnd) continue
    try {
      for (const family of families) backEnd.write(config, family)
      removeFrom(candidates.map(({ backEnd }) => backEnd).filter(other => other !== backEnd), families)
      return backEnd.name
    } catch (error) {
      reasons.push(reasonOf(error), ...removeFrom([backEnd], families))
    }
  }
  throw new WaylayError('WAYLAY_REDIRECT_FAILED', `No back end took the rules. ${reasons.join('. ')}`, { hint: NEEDS })
}

/**
 * Takes away every rule and address of ours, of both families and every back end.
 *
 * @returns what could not be taken away, in words.
 */
export function removeRedirect ({ run, backEnds }: RedirectDeps): readonly string[] {
  const left = removeFrom(backEnds, [4, 6])
  removeSourceAddresses([4, 6], run)
  return left
}

/** The usable back ends, one that already holds rules in this pod first: two at once would be hard to understand. */
function findCandidates (
  families: readonly Family[], backEnds: readonly BackEnd[], reasons: string[]
): readonly Candidate[] {
  const candidates: Candidate[] = []
  for (const backEnd of backEnds) {
    try {
      candidates.push({ backEnd, found: families.map(family => backEnd.read(family)) })
    } catch (error) {
      reasons.push(reasonOf(error))
    }
  }
  const holdsRules = ({ found }: Candidate): boolean => found.some(({ ruleCount }) => ruleCount > 0)
  return [...candidates.filter(holdsRules), ...candidates.filter(candidate => !holdsRules(candidate))]
}

/** Behind a mesh's rules we would see nothing, before them we would bypass it. */
function refuseForeign (candidates: readonly Candidate[]): void {
  for (const { backEnd, found } of candidates) {
    const line = found.flatMap(({ foreign }) => foreign)[0]
    if (line === undefined) continue
    throw new WaylayError('WAYLAY_REDIRECT_FAILED',
      `Somebody else redirects this pod already (a service mesh?): ${backEnd.name} has "${line}"`,
      { hint: 'waylay does not work in meshed pods yet. Label the pod waylay.dev/inject=disabled.' })
  }
}

/** A back end that cannot even be read here holds no rule of ours either, so its refusal is not worth a word. */
function removeFrom (backEnds: readonly BackEnd[], families: readonly Family[]): string[] {
  return backEnds.flatMap(backEnd => families.flatMap(family => {
    try {
      return backEnd.remove(family)
    } catch {
      return []
    }
  }))
}

function reasonOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
