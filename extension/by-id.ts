/** An element that the page has for certain. */
export function byId<T extends HTMLElement = HTMLElement> (id: string, kind?: new () => T): T {
  const element = document.getElementById(id)
  if (!(element instanceof (kind ?? HTMLElement))) {
    throw new TypeError(`The page has no ${kind?.name ?? 'element'} #${id}`)
  }
  return element as T
}
