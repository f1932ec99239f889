import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { ROOT } from '../../build/bundle.ts'
import { runProgram, type Ran } from './kube.ts'

type Fields = Readonly<Record<string, string>>

/** The form of an action.yml, as far as ours uses it. */
export type ActionFile = {
  readonly inputs: Readonly<Record<string, { readonly description: string, readonly default?: string }>>
  readonly outputs: Readonly<Record<string, { readonly description: string, readonly value: string }>>
  readonly runs: {
    readonly using: string
    readonly steps: readonly ActionStep[]
  }
}

type ActionStep = { readonly id?: string, readonly shell?: string, readonly run: string, readonly env?: Fields }

export type ActionRun = Ran & { readonly outputs: Fields }

/** What a runner knows: `github` of the expressions, and the variables of the job. */
export type RunnerContext = { readonly github: object, readonly env: NodeJS.ProcessEnv }

export async function readAction (): Promise<ActionFile> {
  return parse(await readFile(join(ROOT, 'action.yml'), 'utf8')) as ActionFile
}

/**
 * Runs the action as GitHub's runner does: its steps in order, inputs by their defaults, the expressions of its `env`,
 * GITHUB_OUTPUT. An unknown input is a failure here; there it is a warning.
 */
export async function runActionFile (
  t: ExecutionContext, given: Fields, { github, env }: RunnerContext
): Promise<ActionRun> {
  const action = await readAction()
  const unknown = Object.keys(given).filter(name => action.inputs[name] === undefined)
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}`)
  const folder = await mkdtemp(join(tmpdir(), 'waylay-runner-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  const outputFile = join(folder, 'output')
  const defaults = Object.entries(action.inputs).map(([name, input]) => [name, evaluate(input.default ?? '', { github })])
  const context = { github, inputs: { ...Object.fromEntries(defaults) as Fields, ...given } }
  const steps: Record<string, { readonly outputs: Fields }> = {}
  let last: Ran = { stdout: '', stderr: '', exitCode: 0 }
  for (const { id = '', run, env: own = {} } of action.runs.steps) {
    await writeFile(outputFile, '')
    const variables = Object.fromEntries(Object.entries(own).map(([name, text]) => [name, evaluate(text, context)]))
    last = await runProgram('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', evaluate(run, context)], {
      env: { ...env, GITHUB_ACTION_PATH: ROOT, GITHUB_OUTPUT: outputFile, RUNNER_TEMP: folder, ...variables }
    })
    steps[id] = { outputs: readOutputs(await readFile(outputFile, 'utf8')) }
    if (last.exitCode !== 0) break
  }
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, evaluate(value, { steps })])
  return { ...last, outputs: Object.fromEntries(outputs) as Fields }
}

/** `${{ a.b.c }}`, the one form in use: a value by its path, empty where there is none. */
export function evaluate (text: string, context: object): string {
  return text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_, path: string) => {
    const value = path.split('.').reduce<unknown>((object, name) => (object as Fields | null | undefined)?.[name], context)
    return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : ''
  })
}

/** `name<<end`, lines, `end`. */
function readOutputs (text: string): Fields {
  const found = text.matchAll(/^([\w-]+)<<(\S+)\n([^]*?)\n\2$/gm)
  return Object.fromEntries([...found].map(([, name = '', , value = '']) => [name, value]))
}
