import { WaylayError } from '../../../common/errors.ts'
import type { ImageWish } from '../wish.ts'
import { isMeant, type Original } from './original.ts'
import { allContainers } from './pod-template.ts'

/** By the `kind/name` of the original, the image of each container that gets another. */
export type ChosenImages = ReadonlyMap<string, Readonly<Record<string, string>>>

type Place = { readonly workload: string, readonly container: string }

/**
 * Finds the container that each `--image` means.
 *
 * @throws {WaylayError} `WAYLAY_IMAGE_UNKNOWN` naming the containers there are; `WAYLAY_USAGE` for two of one
 *   container.
 */
export function chooseImages (originals: readonly Original[], wishes: readonly ImageWish[]): ChosenImages {
  const chosen = new Map<string, Record<string, string>>(originals.map(({ workload }) => [workload.id, {}]))
  for (const wish of wishes) {
    const { workload, container } = findPlace(originals, wish)
    const images = chosen.get(workload) ?? {}
    if (images[container] !== undefined) {
      throw new WaylayError('WAYLAY_USAGE', `Two of the flags --image mean the container ${container} of ${workload}`,
        { hint: 'Leave one of them away.' })
    }
    images[container] = wish.image
  }
  return chosen
}

function findPlace (originals: readonly Original[], wish: ImageWish): Place {
  const { workload, container } = wish
  const found = container === undefined
    ? originals.length === 1 ? originals.map(onlyContainer) : []
    : workload === undefined ? byOneWord(originals, container) : byTwoWords(originals, workload, container)
  const [place] = found
  if (found.length === 1 && place !== undefined) return place
  throw unknown(originals, wish, found.length > 1)
}

/** `payments=…`: a workload's only container, or the one of its name; or else a container of any of them. */
function byOneWord (originals: readonly Original[], word: string): readonly (Place | undefined)[] {
  const named = originals.filter(original => isMeant(original, word))
  const places = named.map(original => withContainer(original, word) ?? onlyContainer(original)).filter(isThere)
  if (places.length > 0) return places
  return originals.map(original => withContainer(original, word)).filter(isThere)
}

/** `payments/worker=…`; a kind and a name look the same. */
function byTwoWords (originals: readonly Original[], workload: string, container: string): readonly Place[] {
  const places = originals.filter(original => isMeant(original, workload))
    .map(original => withContainer(original, container)).filter(isThere)
  if (places.length > 0) return places
  return originals.filter(original => isMeant(original, `${workload}/${container}`))
    .map(original => withContainer(original, container) ?? onlyContainer(original)).filter(isThere)
}

function withContainer ({ workload, template }: Original, container: string): Place | undefined {
  const isIn = allContainers(template).some(({ name }) => name === container)
  return isIn ? { workload: workload.id, container } : undefined
}

function onlyContainer ({ workload, template }: Original): Place | undefined {
  const [first, second] = template.spec.containers
  return first === undefined || second !== undefined ? undefined : { workload: workload.id, container: first.name }
}

function isThere (place: Place | undefined): place is Place {
  return place !== undefined
}

function unknown (
  originals: readonly Original[], { workload, container, image }: ImageWish, isAmbiguous: boolean
): WaylayError {
  const known = originals.flatMap(({ workload: { id }, template }) =>
    allContainers(template).map(({ name }) => `${id.split('/')[1] ?? ''}/${name}`))
  const key = [workload, container].filter(part => part !== undefined).join('/')
  const what = key === ''
    ? `--image ${image} does not say which container it is for`
    : `--image ${key}=… ${isAmbiguous ? 'fits several containers' : 'names no container of the workloads'}`
  return new WaylayError('WAYLAY_IMAGE_UNKNOWN', `${what}; there are: ${known.join(', ')}`,
    { hint: `Name one: --image ${known[0] ?? '<workload>/<container>'}=<image>` })
}
