import { BAGGAGE_MEMBER, ROUTING_HEADER } from '../common/contract.ts'
import { baggageValues } from '../http1/baggage.ts'
import { byPrecedence } from '../intercepts/precedence.ts'
import type { RequestView } from '../intercepts/request-view.ts'
import { pickAnchors } from './anchor.ts'
import { toCondition, type Condition } from './condition.ts'
import type { Route } from './route.ts'

type Candidate = {
  readonly route: Route
  readonly condition: Condition
  /** Place in the order of precedence. */
  readonly rank: number
}

/**
 * The routes of one app port, made ready to be asked for every request.
 *
 * A route with exact header conditions can only be meant by a request that carries one of them, its anchor. So a
 * request is asked for the few anchor names, not for the routes: a hundred intercepts cost what one costs.
 */
export class PortRoutes {
  /** In order of precedence. */
  readonly list: readonly Route[]
  /** The route that takes everything, if there is one. */
  readonly global: Route | undefined
  readonly #anchored: readonly { readonly name: string, readonly byValue: Map<string, Candidate[]> }[]
  /** Those without an exact header condition. */
  readonly #others: readonly Candidate[]

  constructor (routes: readonly Route[]) {
    this.list = [...routes].sort(byPrecedence)
    const candidates = this.list.map((route, rank) => ({ route, rank, condition: toCondition(route.match) }))
    this.global = candidates.find(({ condition }) => condition.isGlobal)?.route
    const anchors = pickAnchors(candidates.map(({ condition }) => condition.exactHeaders))
    const byName = new Map<string, Map<string, Candidate[]>>()
    const others: Candidate[] = []
    for (const [index, candidate] of candidates.entries()) {
      const anchor = anchors[index]
      if (anchor === undefined) {
        others.push(candidate)
        continue
      }
      const byValue = getOrAdd(byName, anchor.name, () => new Map<string, Candidate[]>())
      getOrAdd(byValue, anchor.value, (): Candidate[] => []).push(candidate)
    }
    this.#anchored = [...byName].map(([name, byValue]) => ({ name, byValue }))
    this.#others = others
  }

  /**
   * Decides one request: the first route, in order of precedence, whose whole condition holds; none means the app.
   *
   * The kubelet's probes ask about the app, never about a developer. A browser's preflight cannot carry the header of
   * the request that it asks for, so only a route that takes everything, or one whose header it does carry, gets it.
   */
  choose (view: RequestView): Route | undefined {
    if (this.list.length === 0) return undefined
    const best = this.#firstOther(view, this.#firstAnchored(view))
    if (best === undefined || isKubeletProbe(view)) return undefined
    return best.route
  }

  #firstAnchored (view: RequestView): Candidate | undefined {
    let best: Candidate | undefined
    for (const { name, byValue } of this.#anchored) {
      for (const value of distinct(view.values(name))) best = better(best, byValue.get(value), view)
      if (name !== ROUTING_HEADER) continue
      const baggage = view.values('baggage')
      if (baggage.length === 0) continue
      for (const value of distinct(baggageValues(baggage, BAGGAGE_MEMBER))) {
        best = better(best, byValue.get(value), view)
      }
    }
    return best
  }

  #firstOther (view: RequestView, best: Candidate | undefined): Candidate | undefined {
    if (this.#others.length === 0) return best
    const isPreflight = isCorsPreflight(view)
    for (const candidate of this.#others) {
      if (best !== undefined && best.rank < candidate.rank) return best
      if (isPreflight && !candidate.condition.isGlobal) continue
      if (candidate.condition.holds(view)) return candidate
    }
    return best
  }
}

/** A port that nobody intercepts. */
export const NO_ROUTES = new PortRoutes([])

// Candidates stand in order of precedence.
function better (
  best: Candidate | undefined, candidates: readonly Candidate[] | undefined, view: RequestView
): Candidate | undefined {
  if (candidates === undefined) return best
  for (const candidate of candidates) {
    if (best !== undefined && best.rank <= candidate.rank) return best
    if (candidate.condition.holds(view)) return candidate
  }
  return best
}

// A head has room for thousands of equal lines, and each must not cost a whole look at the request.
function distinct (values: readonly string[]): Iterable<string> {
  return values.length > 1 ? new Set(values) : values
}

// It names itself so (Kubernetes, pkg/probe/http/request.go).
function isKubeletProbe (view: RequestView): boolean {
  return view.values('user-agent').some(value => value.startsWith('kube-probe/'))
}

// Fetch standard, 3.2.2 "CORS-preflight request".
function isCorsPreflight (view: RequestView): boolean {
  return view.method === 'OPTIONS' && view.values('origin').length > 0 &&
    view.values('access-control-request-method').length > 0
}

function getOrAdd<Key, Value> (map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
