import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ROOT } from '../../build/bundle.ts'
import { runProgram, type Ran } from './kube.ts'

/** A job of GitLab, as far as the template uses its form. */
export type GitlabJob = {
  readonly extends?: string
  readonly stage?: string
  readonly before_script?: readonly string[]
  readonly script?: readonly string[]
  readonly rules?: readonly { readonly if: string, readonly when?: string, readonly allow_failure?: boolean }[]
  readonly environment?: Readonly<Record<string, string>>
  readonly resource_group?: string
  readonly artifacts?: { readonly reports: { readonly dotenv: string } }
}

type Variables = Readonly<Record<string, string>>
type Template = Readonly<Record<string, GitlabJob>> & { readonly variables: object }

/** The template with what each job extends in it. */
export async function readTemplate (): Promise<{
  readonly jobs: Readonly<Record<string, GitlabJob>>, readonly variables: Variables
}> {
  const { variables, ...jobs } = parse(await readFile(join(ROOT, 'pipelines/gitlab.yml'), 'utf8')) as Template
  const whole = Object.entries(jobs).filter(([name]) => !name.startsWith('.'))
    .map(([name, job]) => [name, { ...jobs[job.extends ?? ''], ...job }])
  return { jobs: Object.fromEntries(whole) as Record<string, GitlabJob>, variables: variables as Variables }
}

/** Whether a pipeline with these variables has the job: the first rule that is true decides. */
export function hasJob ({ rules = [] }: GitlabJob, variables: Variables): boolean {
  return rules.some(rule => rule.if.split(' && ').every(term => {
    const [left = '', right = '', ...rest] = term.split(' == ').map(side => valueOf(side, variables))
    if (rest.length > 0) throw new Error(`A rule of a form that is not known here: ${term}`)
    return left === right
  }))
}

/** Runs the lines of a job one after the other in one shell, as GitLab's runner does. */
export async function runJob (
  job: GitlabJob, folder: string, env: NodeJS.ProcessEnv, scripts: readonly ('before_script' | 'script')[]
): Promise<Ran> {
  const lines = scripts.flatMap(name => job[name] ?? [])
  return await runProgram('bash', ['-eo', 'pipefail', '-c', ['cd "$CI_PROJECT_DIR"', ...lines].join('\n')],
    { env: { ...env, CI_PROJECT_DIR: folder } })
}

function valueOf (side: string, variables: Variables): string {
  const name = /^\$(\w+)$/.exec(side)?.[1]
  return name === undefined ? JSON.parse(side) as string : variables[name] ?? ''
}
