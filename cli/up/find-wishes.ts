import { chooseMatch, noteOnPatterns } from '../choose-match.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import type { DeveloperPort } from '../developer-port.ts'
import type { UpFlags } from '../flags.ts'
import { createHostHint, withHostHint } from '../intercept/developer/host-rejection.ts'
import type { Developer } from '../intercept/developer/developer.ts'
import { findPlaces } from '../intercept/places/find-places.ts'
import type { Wish } from '../intercept/standing/wish.ts'
import type { FileIntercept } from '../project-file/project-file.ts'

export type WishDeps = {
  readonly cluster: Cluster
  readonly flags: UpFlags
  readonly cli: CliDeps
  readonly note: (line: string) => void
  readonly developerOf: (port: DeveloperPort) => Developer
}

/** Looks for the places where one intercept of the file can stand now. */
export async function findWishes (
  { name, namespace, workload, ports, match: flagsOfMatch, takeOver, hostHeader }: FileIntercept,
  { cluster, flags, cli, note, developerOf }: WishDeps
): Promise<readonly Wish[]> {
  const match = await chooseMatch(flagsOfMatch, cli)
  const patterns = noteOnPatterns(match)
  if (patterns !== undefined) note(patterns)
  const developers = ports.map(port => withHostHint(developerOf(port), createHostHint(port.port, hostHeader, note)))
  const { places, warnings } = await findPlaces(
    cluster, flags.namespace ?? namespace ?? cluster.namespace, workload, ports.map(({ app }) => app))
  for (const warning of warnings) note(warning)
  return places.flatMap(place => {
    const developer = developers[place.wish]
    return developer === undefined ? [] : [{ place, match, developer, hostHeader, takeOver, label: name }]
  })
}
