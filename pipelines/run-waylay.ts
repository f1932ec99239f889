import { spawn } from 'node:child_process'

/** A command line of waylay that ended. */
export type Ran = { readonly exitCode: number, readonly stdout: string }

/** Runs `waylay` with these words and hands back what it printed. */
export type RunWaylay = (words: readonly string[]) => Promise<Ran>

/**
 * @param program the words before ours: a program, or Node and a file.
 * @param note gets whatever it says to people, as it comes.
 */
export function runWaylay (
  program: readonly string[], env: NodeJS.ProcessEnv, note: (text: string) => void
): RunWaylay {
  const [file = '', ...before] = program
  return async words => await new Promise((resolve, reject) => {
    const child = spawn(file, [...before, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => { stdout += piece })
    child.stderr.setEncoding('utf8').on('data', note)
    child.on('error', reject)
    child.on('close', code => { resolve({ exitCode: code ?? 1, stdout }) })
  })
}
