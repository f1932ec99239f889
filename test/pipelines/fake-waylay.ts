import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'

/** A stand-in for the command line, which needs a cluster: answers as it does, and keeps what it was called with. */
export type FakeWaylay = {
  readonly folder: string
  readonly program: string
  readonly calls: () => readonly Call[]
}

type Call = { readonly words: readonly string[], readonly login: Readonly<Record<string, string>> }

const ANSWER = {
  name: 'pr-12',
  namespace: 'shop',
  header: { name: 'x-waylay-id', value: 'pr-12-3fk27d4a' },
  expiresAt: '2026-12-01T08:00:00Z'
}

/** @param exitCode of `env up`. @param note what it says to people then. */
export function fakeWaylay (t: ExecutionContext, { exitCode = 0, note = '', url = '' } = {}): FakeWaylay {
  const folder = mkdtempSync(join(tmpdir(), 'waylay-fake-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const [program, log] = [join(folder, 'waylay.js'), join(folder, 'calls')]
  writeFileSync(log, '')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(program, `
    import { appendFileSync } from 'node:fs'
    const words = process.argv.slice(2)
    const login = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^WAYLAY_(TOKEN|SERVER|CA|KUBECONFIG_DATA)$/.test(name)))
    appendFileSync(${JSON.stringify(log)}, JSON.stringify({ words, login }) + '\\n')
    const answer = { ...${JSON.stringify(ANSWER)}, name: words[2] }
    if (words[1] === 'up') {
      process.stderr.write(${JSON.stringify(note)})
      if (${exitCode} === 0) console.log(JSON.stringify(answer, null, 2))
      process.exitCode = ${exitCode}
    }
    if (words[1] === 'down') console.log('Removed shop/' + words[2])
    if (words[1] === 'url') {
      const url = ${JSON.stringify(url)}
      console.log(JSON.stringify({ name: words[2], preview: url === '' ? null : { url } }))
    }
  `)
  return {
    folder,
    program,
    calls: () => readFileSync(log, 'utf8').split('\n').filter(line => line !== '')
      .map(line => JSON.parse(line) as Call)
  }
}
