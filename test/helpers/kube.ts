import { spawn } from 'node:child_process'
import { clusterStatus } from '../cluster/cluster.ts'
import type { Cluster } from '../cluster/driver.ts'

export type KubeObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name?: string, readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

export type Ran = { readonly stdout: string, readonly stderr: string, readonly exitCode: number }

let found: Promise<Cluster> | undefined

/** The cluster that the test run brought up. */
export async function theCluster (): Promise<Cluster> {
  found ??= clusterStatus().then(({ cluster, detail }) => {
    if (cluster === undefined) throw new Error(`The end-to-end tests need a cluster: npm run cluster:up (${detail})`)
    return cluster
  })
  return await found
}

/** Runs a program to its end, whatever its exit code. */
export async function runProgram (
  command: string, args: readonly string[], options: { readonly input?: string, readonly env?: NodeJS.ProcessEnv } = {}
): Promise<Ran> {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], ...(options.env && { env: options.env }) })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (piece: string) => { stdout += piece })
    child.stderr.setEncoding('utf8').on('data', (piece: string) => { stderr += piece })
    child.on('error', reject)
    child.on('close', code => resolve({ stdout, stderr, exitCode: code ?? -1 }))
    child.stdin.on('error', () => {})
    child.stdin.end(options.input ?? '')
  })
}

/** Runs kubectl as the administrator. */
export async function tryKubectl (args: readonly string[], input?: string): Promise<Ran> {
  const { kubectl, kubeconfigPath } = await theCluster()
  const startedMs = performance.now()
  while (true) {
    const ran = await runProgram(kubectl, ['--kubeconfig', kubeconfigPath, ...args], input === undefined ? {} : { input })
    if (!NEW_NAMESPACE.test(ran.stderr) || performance.now() - startedMs > 30_000) return ran
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

/** A pod is refused, before any webhook is asked, until its new namespace was given an account by the controllers. */
export const NEW_NAMESPACE = /error looking up service account \S+\/default: serviceaccount "default" not found/

/** Runs kubectl as the administrator; its failure is the test's. */
export async function kubectl (args: readonly string[], input?: string): Promise<string> {
  const { stdout, stderr, exitCode } = await tryKubectl(args, input)
  if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${exitCode}: ${stderr}`)
  return stdout
}

export async function apply (...objects: readonly object[]): Promise<void> {
  await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
}

export async function getJson<T> (args: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl(['get', ...args, '-o', 'json'])) as T
}

/** Looks again and again until there is something; the message says what was waited for. */
export async function eventually<T> (
  what: string, look: () => Promise<T | undefined>, { timeoutMs = 60_000, everyMs = 200 } = {}
): Promise<T> {
  const startedMs = performance.now()
  let last: unknown
  while (performance.now() - startedMs < timeoutMs) {
    try {
      const value = await look()
      if (value !== undefined) return value
    } catch (error) {
      last = error
    }
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
  throw new Error(`Waited ${timeoutMs} ms in vain until ${what}`, { cause: last })
}
