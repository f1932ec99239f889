import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import type { Host } from '../pipeline.ts'

/** What GitHub's runner reads of a step. */
export type Runner = Omit<Host, 'pull' | 'run'> & {
  /** Keeps a text out of all logs from here on. */
  readonly mask: (secret: string) => void
}

/** @param outputFile of $GITHUB_OUTPUT; undefined: outputs go nowhere. */
export function createRunner (outputFile: string | undefined, print: (text: string) => void): Runner {
  const command = (name: string, text: string) => {
    print(`::${name}::${text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')}\n`)
  }
  return {
    setOutput: (name, value) => {
      if (outputFile === undefined) return
      // A delimiter that nobody knows beforehand: a value cannot end itself and set another output.
      const end = `end-${randomBytes(16).toString('hex')}`
      appendFileSync(outputFile, `${name}<<${end}\n${value}\n${end}\n`)
    },
    notice: text => { command('notice', text) },
    warning: text => { command('warning', text) },
    error: text => { command('error', text) },
    mask: secret => { for (const text of secretsIn(secret)) command('add-mask', text) },
    // A line in it that looks like a command to the runner is none.
    passOn: text => {
      const word = randomBytes(16).toString('hex')
      print(`::stop-commands::${word}\n${text}${text.endsWith('\n') ? '' : '\n'}::${word}::\n`)
    }
  }
}

// In YAML of either form, or JSON. Nothing as short as the sign of a block: the runner would hide it in every line.
const SECRETS = /(?:^|[\s{,])["']?(?:token|password|client-key-data|id-token|refresh-token)["']?:\s*["']?([^\s"',}]{4,})/g

/** A kubeconfig is masked by its secrets: masked by its lines, every `kind: Config` would vanish from the logs. */
function secretsIn (text: string): readonly string[] {
  if (!text.includes('\n')) return [text]
  return [...text.matchAll(SECRETS)].map(([, secret = '']) => secret)
}
