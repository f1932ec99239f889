import { byId } from './dom.ts'

const SHOWN_MS = 4000

let hiding: number | undefined

/** Says something for a moment; screen readers read it out. */
export function toast (text: string): void {
  const place = byId('toast')
  place.textContent = text
  place.classList.add('shown')
  clearTimeout(hiding)
  hiding = setTimeout(() => { place.classList.remove('shown') }, SHOWN_MS)
}

/** Runs what a person asked for, and says so where it fails. */
export function attempt (action: () => Promise<void>): void {
  action().catch((error: unknown) => { toast(error instanceof Error ? error.message : String(error)) })
}

export async function copy (text: string, what: string): Promise<void> {
  await navigator.clipboard.writeText(text)
  toast(`${what} copied`)
}
