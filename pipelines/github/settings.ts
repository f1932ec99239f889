import type { PullRequest } from '../pipeline.ts'
import { readWish, type Wish } from '../wish.ts'
import { githubPullRequest } from './pull-request.ts'

/** What action.yml hands in, by its variables. */
export type Settings = {
  readonly wish: Wish
  readonly mode: 'up' | 'down'
  /** Why nothing is done. */
  readonly skip: string | undefined
  /** Undefined outside of pull requests, or without a token. */
  readonly pull: PullRequest | undefined
  /** Version on npm, or a program that is there already. */
  readonly version: string
  readonly program: string
  /** Of the job's page. */
  readonly run: string
  /** For the command line, beside the job's own. */
  readonly login: Readonly<Record<string, string>>
}

type Env = Readonly<Record<string, string | undefined>>

// Which of our inputs is which variable of the command line.
const LOGINS = {
  kubeconfig: 'WAYLAY_KUBECONFIG_DATA', token: 'WAYLAY_TOKEN', server: 'WAYLAY_SERVER', 'certificate-authority': 'WAYLAY_CA'
} as const

/** @throws {Error} saying what is wrong with an input. */
export function readSettings (env: Env): Settings {
  const input = (name: string): string => env[`INPUT_${name.toUpperCase().replaceAll('-', '_')}`]?.trim() ?? ''
  const number = env['PULL_NUMBER'] ?? ''
  const login = Object.entries(LOGINS).flatMap(([name, variable]) => input(name) === '' ? [] : [[variable, input(name)]])
  return {
    wish: readWish(input, number === '' ? '' : `pr-${number}`),
    mode: readMode(input('mode') || 'auto', env['EVENT_ACTION'] ?? ''),
    skip: whySkip(env, number),
    pull: readPull(env, number, input('github-token'), input('comment') !== 'false'),
    version: input('version'),
    program: input('program'),
    run: runOf(env),
    login: Object.fromEntries(login) as Record<string, string>
  }
}

function readMode (mode: string, action: string): 'up' | 'down' {
  if (mode === 'up' || mode === 'down') return mode
  if (mode !== 'auto') throw new Error(`mode is "${mode}". Use auto, up or down.`)
  return action === 'closed' ? 'down' : 'up'
}

/** A fork's pull request has no secrets here, and its image nothing to do in the cluster. */
function whySkip (env: Env, number: string): string | undefined {
  if (number === '') return undefined
  const { HEAD_REPOSITORY: head = '', GITHUB_REPOSITORY: base = '' } = env
  if (head === base) return undefined
  return `Pull request ${number} comes from ${head === '' ? 'a fork that is gone' : `the fork ${head}`}: it gets no environment.`
}

function readPull (env: Env, number: string, token: string, writes: boolean): PullRequest | undefined {
  const { GITHUB_REPOSITORY: repository = '', GITHUB_API_URL: url = '' } = env
  if (!/^\d+$/.test(number) || token === '') return undefined
  const headers = {
    authorization: `Bearer ${token}`, accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28'
  }
  return githubPullRequest({ api: { url, headers }, repository, number: Number(number), writes })
}

function runOf ({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id }: Env): string {
  return server === undefined || id === undefined ? '' : `${server}/${repository}/actions/runs/${id}`
}
