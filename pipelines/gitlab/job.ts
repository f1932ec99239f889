import { writeFileSync } from 'node:fs'
import type { Host, PullRequest } from '../pipeline.ts'
import { readWish, type Wish } from '../wish.ts'
import { gitlabMergeRequest } from './merge-request.ts'

type Env = Readonly<Record<string, string | undefined>>

// What jobs that come later find in their environment.
const VARIABLES: Readonly<Record<string, string>> = {
  environment: 'WAYLAY_ENVIRONMENT', header: 'WAYLAY_HEADER', baggage: 'WAYLAY_BAGGAGE', url: 'WAYLAY_URL'
}

/** @throws {Error} where the job is not one of a merge request and has no WAYLAY_NAME. */
export function readJobWish (env: Env): Wish {
  // The header as a line is what later jobs get by WAYLAY_HEADER, as in `waylay ci test`.
  const names: Readonly<Record<string, string>> = { header: 'WAYLAY_HEADER_NAME' }
  const text = (name: string) => env[names[name] ?? `WAYLAY_${name.toUpperCase().replaceAll('-', '_')}`]?.trim() ?? ''
  const number = env['CI_MERGE_REQUEST_IID'] ?? ''
  return readWish(text, number === '' ? '' : `mr-${number}`)
}

/**
 * A job of GitLab. Its outputs go into a file for `artifacts:reports:dotenv`, written by `save`.
 *
 * @param print for the job's log.
 */
export function gitlabJob (env: Env, print: (text: string) => void): Host & { readonly save: (file: string) => void } {
  const outputs = new Map<string, string>()
  const line = (text: string) => { print(`${text}\n`) }
  return {
    setOutput: (name, value) => { outputs.set(name, value) },
    notice: line,
    warning: text => { line(`warning: ${text}`) },
    error: text => { line(`error: ${text}`) },
    passOn: print,
    run: env['CI_JOB_URL'] ?? '',
    pull: readMergeRequest(env),
    save: file => { writeFileSync(file, dotenvOf(outputs, env)) }
  }
}

function readMergeRequest (env: Env): PullRequest | undefined {
  const { WAYLAY_GITLAB_TOKEN: token = '', CI_MERGE_REQUEST_IID: number = '', CI_API_V4_URL: url = '' } = env
  const project = env['CI_MERGE_REQUEST_PROJECT_ID'] ?? ''
  if (token === '' || !/^\d+$/.test(number) || !/^\d+$/.test(project)) return undefined
  return gitlabMergeRequest({ url, headers: { 'private-token': token } }, project, number)
}

/** Without a preview gateway the environment leads to the merge request: GitLab wants some URL. */
function dotenvOf (outputs: ReadonlyMap<string, string>, env: Env): string {
  const page = `${env['CI_MERGE_REQUEST_PROJECT_URL'] ?? env['CI_PROJECT_URL'] ?? ''}/-/merge_requests/${env['CI_MERGE_REQUEST_IID'] ?? ''}`
  return Object.entries(VARIABLES).map(([name, variable]) => {
    const value = outputs.get(name) ?? ''
    return `${variable}=${name === 'url' && value === '' ? page : value}\n`
  }).join('')
}
