import { WaylayError } from '../../../common/errors.ts'
import type { Claim } from '../../cluster/claims.ts'
import type { Original } from './original.ts'
import type { PodTemplate, TemplateVolume } from './pod-template.ts'

export type CopiedVolumes = { readonly template: PodTemplate, readonly warnings: readonly string[] }

/**
 * The original's template with the volumes that its copy may have. One that a single pod or node writes is never
 * shared: refused, or in the copy empty where that was asked for.
 *
 * @throws {WaylayError} `WAYLAY_COPY_UNFIT` naming each volume, and what to do.
 */
export function copyVolumes (
  { workload: { id }, template, claimTemplates, claims }: Original, isFresh: boolean
): CopiedVolumes {
  const { volumes = [] } = template.spec
  const own = new Set(claimTemplates.map(({ metadata }) => metadata.name))
  const unshareable = [
    ...own, ...volumes.filter(({ persistentVolumeClaim: claim }) => isForOne(claims.get(claim?.claimName ?? '')))
      .map(({ name }) => name)
  ]
  if (unshareable.length > 0 && !isFresh) throw refuse(id, own.size > 0, unshareable)
  // A StatefulSet's claims are volumes that its template does not name.
  const all = [...volumes.filter(({ name }) => !own.has(name)), ...[...own].map((name): TemplateVolume => ({ name }))]
  const changed = all.map((volume): TemplateVolume =>
    unshareable.includes(volume.name) ? { name: volume.name, emptyDir: {} } : volume)
  return {
    template: changed.length === 0 ? template : { ...template, spec: { ...template.spec, volumes: changed } },
    warnings: [
      ...unshareable.length === 0
        ? []
        : [`These volumes of the copy of ${id} are empty, and end with its pod: ${unshareable.join(', ')}.`],
      ...changed.flatMap(volume => warnOf(id, volume, claims))
    ]
  }
}

/** Pods of one node may share such a claim, which damages what is written by one program only. */
function isForOne (claim: Claim | undefined): boolean {
  if (claim === undefined || typeof claim === 'string') return false
  return !claim.accessModes.some(mode => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany')
}

function warnOf (
  id: string, { name, persistentVolumeClaim, hostPath }: TemplateVolume, claims: ReadonlyMap<string, Claim>
): readonly string[] {
  if (hostPath !== undefined) return [`The copy shares the node's folder ${hostPath.path} (volume ${name}) with the pods of ${id} there.`]
  if (persistentVolumeClaim === undefined) return []
  const { claimName } = persistentVolumeClaim
  const claim = claims.get(claimName)
  if (claim === 'missing') return [`The claim ${claimName} of volume ${name} does not exist, so the copy of ${id} waits for it.`]
  if (claim === 'forbidden') return [`You may not get persistentvolumeclaims, so nobody looked whether the copy may share ${claimName} with ${id}.`]
  const reads = persistentVolumeClaim.readOnly === true || claim?.accessModes.includes('ReadWriteMany') !== true
  return [`The copy ${reads ? 'reads' : 'reads and writes'} the same files as ${id}: claim ${claimName} (volume ${name}).`]
}

function refuse (id: string, isStateful: boolean, volumes: readonly string[]): WaylayError {
  const why = isStateful
    ? 'each of its pods has these volumes for itself'
    : 'only one pod, or the pods of one node, may use these volumes of it'
  return new WaylayError('WAYLAY_COPY_UNFIT', `${id} cannot be copied with its data: ${why}: ${volumes.join(', ')}`,
    { hint: 'If the copy can do with empty ones: --fresh-volumes. Or copy what calls it, and leave it shared.' })
}
