import { readFile } from 'node:fs/promises'

/** How a scripted program answers one request. */
export type Recipe = {
  readonly shape:
    'length' | 'chunked' | 'until-close' | 'no-content' | 'not-modified' | 'upgrade' |
    'garbage' | 'conflict' | 'truncated' | 'silent-close' | 'reset' | 'refuse' | 'gone'
  readonly status: number
  /** Statuses of 1xx before it. */
  readonly interims: readonly number[]
  readonly bodyBytes: number
  /** Answers when it has the head, not when it has the whole request. */
  readonly early: boolean
  /** Says `Connection: close` and closes. */
  readonly saysClose: boolean
  /** Closes without having said so. */
  readonly closesSilently: boolean
  /** Bytes behind the end of the response, which nobody asked for, in the same piece. */
  readonly extra: boolean
  readonly delayMs: number
  /** Into how many writes it is cut. */
  readonly pieces: number
}

/** One connection of a caller: what it sends and when, and how the programs behind the proxy behave. */
export type FuzzCase = {
  /** `<seed>:<number>` */
  readonly id: string
  readonly stream: Buffer
  /** Lengths of the writes; the last one takes what is left. */
  readonly writes: readonly number[]
  /** Pauses in milliseconds before the write of that index. */
  readonly pauses: Readonly<Record<number, number>>
  /** `fin-late`: when nothing has happened for a moment. */
  readonly ending: 'fin' | 'fin-late' | 'reset' | 'reset-late'
  /** `flips`: an intercept comes and goes while the connection lives. */
  readonly intercepts: 'none' | 'some' | 'flips'
  readonly app: readonly Recipe[]
  readonly developer: readonly Recipe[]
  readonly serverFirst: boolean
  /** Programs that stop reading for so many milliseconds after so many bytes; the caller too. */
  readonly slowReading: { readonly everyBytes: number, readonly pauseMs: number } | undefined
}

export const INTERCEPTED_IDS = ['maria-12345678', 'omar-87654321'] as const

/** How a case is kept in a file. */
export function writeCase (fuzzCase: FuzzCase): string {
  return `${JSON.stringify({ ...fuzzCase, stream: fuzzCase.stream.toString('latin1') }, undefined, 1)}\n`
}

export async function loadCase (path: string): Promise<FuzzCase> {
  const kept = JSON.parse(await readFile(path, 'utf8')) as Omit<FuzzCase, 'stream'> & { readonly stream: string }
  return { ...kept, stream: Buffer.from(kept.stream, 'latin1') }
}
