/** Who is on the way to apps. */
export type Places = {
  /** Takes a place of the link's; undefined where none is free. The function given back frees it, once. */
  readonly take: (link: string) => (() => void) | undefined
  readonly taken: () => number
}

export type PlacesOptions = {
  readonly max: number
  /** One link's share: who has it cannot keep others' visitors out. */
  readonly maxOfLink: number
}

export function createPlaces ({ max, maxOfLink }: PlacesOptions): Places {
  let taken = 0
  const byLink = new Map<string, number>()
  const change = (link: string, by: number): void => {
    taken += by
    const next = (byLink.get(link) ?? 0) + by
    if (next === 0) byLink.delete(link)
    else byLink.set(link, next)
  }
  return {
    take: link => {
      if (taken >= max || (byLink.get(link) ?? 0) >= maxOfLink) return undefined
      change(link, 1)
      let isFree = false
      return () => {
        if (!isFree) change(link, -1)
        isFree = true
      }
    },
    taken: () => taken
  }
}
