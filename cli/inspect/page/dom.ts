type Child = Node | string | number | undefined | false

type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>

const SVG = 'http://www.w3.org/2000/svg'

/** An element: attributes by name, listeners as `onclick` and the like; text is text, never markup. */
export function h<Tag extends keyof HTMLElementTagNameMap> (
  tag: Tag, attributes: Attributes = {}, ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), attributes, children)
}

export function svg<Tag extends keyof SVGElementTagNameMap> (
  tag: Tag, attributes: Attributes = {}, ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  return fill(document.createElementNS(SVG, tag), attributes, children)
}

/** The element that index.html has under this id. */
export function byId (id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`index.html has no #${id}`)
  return found
}

function fill<E extends Element> (element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener)
    else if (value === true) element.setAttribute(name, '')
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value))
  }
  for (const child of children) {
    if (child !== undefined && child !== false) element.append(child instanceof Node ? child : String(child))
  }
  return element
}
