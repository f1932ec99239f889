import path from 'node:path'
import { WaylayError } from '../../common/errors.ts'
import type { Container, PodDetail, VolumeMount } from '../cluster/pod-spec.ts'
import { expandReferences } from './expand.ts'
import { checkFilePath } from './file-path.ts'
import type { VolumeFile, VolumeFiles } from './volume-files.ts'

/** Files and folders below the folder of `--mount`, by their path in it, with `/` between names. */
export type MountPlan = {
  readonly files: ReadonlyMap<string, VolumeFile>
  /** Every folder, parents before what is in them. */
  readonly folders: readonly string[]
  /** Mounts of the container that are not copied: `emptyDir "scratch" at /scratch`. */
  readonly notCopied: readonly string[]
}

export type PlanOptions = {
  readonly pod: PodDetail
  readonly container: Container
  /** By volume name; a volume that is not here is not copied. */
  readonly volumes: ReadonlyMap<string, VolumeFiles>
  /** The container's environment, for `subPathExpr`. */
  readonly variables: ReadonlyMap<string, string>
  readonly platform: NodeJS.Platform
}

/**
 * Lays the volumes of a container out as the container sees them.
 *
 * @throws {WaylayError} `WAYLAY_MOUNT_UNSAFE` for a path that leads out, or cannot be one on this machine.
 */
export function planMount ({ pod, container, volumes, variables, platform }: PlanOptions): MountPlan {
  const files = new Map<string, VolumeFile>()
  const folders = new Set<string>()
  const notCopied: string[] = []
  for (const mount of sortedMounts(container)) {
    const place = placeOf(mount)
    const content = volumes.get(mount.name)
    cover(place, files, folders)
    if (content === undefined) {
      notCopied.push(`${kindOf(pod, mount.name)} "${mount.name}" at ${mount.mountPath}`)
      continue
    }
    const inside = pick(cleanNames(content, mount.name), subPathOf(mount, variables))
    if ('file' in inside) {
      files.set(place, inside.file)
    } else {
      if (place !== '') folders.add(place)
      for (const [name, file] of inside.files) files.set(place === '' ? name : `${place}/${name}`, file)
    }
  }
  return { files, folders: addParents(files, folders, platform), notCopied }
}

/** Shorter ones first: a mount covers what others have at its place, as in the container. */
function sortedMounts ({ volumeMounts = [] }: Container): readonly VolumeMount[] {
  const depth = ({ mountPath }: VolumeMount): number => path.posix.normalize(mountPath).split('/').filter(Boolean).length
  return volumeMounts.toSorted((a, b) => depth(a) - depth(b))
}

/** `/etc/config` -> `etc/config`. As for the container runtime, `..` does not lead above the root. */
function placeOf ({ mountPath }: VolumeMount): string {
  return path.posix.resolve('/', mountPath).slice(1)
}

/** Names as the kubelet makes them of what the pod says: `a//b` is `a/b`, and nothing leads up. */
function cleanNames (files: VolumeFiles, volume: string): VolumeFiles {
  return new Map([...files].map(([name, file]) => {
    if (name === '' || name.startsWith('/') || name.split('/').includes('..')) {
      throw new WaylayError('WAYLAY_MOUNT_UNSAFE', `The file ${JSON.stringify(name)} of volume "${volume}" would lie outside of it`)
    }
    return [path.posix.normalize(name).replace(/\/$/, ''), file]
  }))
}

function subPathOf ({ name, subPath = '', subPathExpr = '' }: VolumeMount, variables: ReadonlyMap<string, string>): string {
  if (subPathExpr === '') return checkSubPath(name, subPath)
  const missing: string[] = []
  const expanded = expandReferences(subPathExpr, variable => {
    const value = variables.get(variable) ?? ''
    if (value === '') missing.push(variable)
    return value
  })
  if (missing.length === 0) return checkSubPath(name, expanded)
  throw new WaylayError('WAYLAY_ENV_UNKNOWN', `The path "${subPathExpr}" in volume "${name}" needs ${missing.join(', ')}, which is not known`,
    { hint: 'The pod would not start again as it is: correct it, or run without --mount.' })
}

function checkSubPath (volume: string, subPath: string): string {
  if (!subPath.startsWith('/') && !subPath.split('/').includes('..')) return path.posix.join('.', subPath).replace(/^\.$|\/$/, '')
  throw new WaylayError('WAYLAY_MOUNT_UNSAFE', `The path "${subPath}" in volume "${volume}" leads out of it`)
}

/** What of a volume is mounted: all of it, one folder, or one file. A path that is not there is an empty folder. */
function pick (files: VolumeFiles, subPath: string): { readonly file: VolumeFile } | { readonly files: VolumeFiles } {
  if (subPath === '') return { files }
  const file = files.get(subPath)
  if (file !== undefined) return { file }
  const prefix = `${subPath}/`
  const below = [...files].filter(([name]) => name.startsWith(prefix))
  return { files: new Map(below.map(([name, found]) => [name.slice(prefix.length), found])) }
}

/** Takes away what was planned at a place. */
function cover (place: string, files: Map<string, VolumeFile>, folders: Set<string>): void {
  for (const known of [files, folders]) {
    for (const name of known.keys()) if (place === '' || name === place || name.startsWith(`${place}/`)) known.delete(name)
  }
}

/** All folders that have to be made, parents first; and no name may be a file and a folder at once. */
function addParents (
  files: ReadonlyMap<string, VolumeFile>, folders: ReadonlySet<string>, platform: NodeJS.Platform
): readonly string[] {
  const all = new Set<string>()
  const seen = new Map<string, string>()
  for (const name of [...files.keys(), ...folders]) {
    checkFilePath(name, platform)
    const names = name.split('/')
    const last = files.has(name) ? names.length - 1 : names.length
    for (let count = 1; count <= last; count++) all.add(names.slice(0, count).join('/'))
  }
  for (const name of [...files.keys(), ...all]) {
    // Names that differ in their case alone are one name on most laptops.
    const key = platform === 'linux' ? name : name.toLowerCase()
    const other = seen.get(key)
    if (other !== undefined) throw new WaylayError('WAYLAY_MOUNT_UNSAFE', `/${other} and /${name} cannot both be written on this machine`)
    seen.set(key, name)
  }
  return [...all].sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1))
}

function kindOf ({ spec }: PodDetail, name: string): string {
  const volume = spec.volumes?.find(known => known.name === name)
  return Object.keys(volume ?? {}).find(key => key !== 'name') ?? 'volume'
}
