import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ExecutionContext } from 'ava'
import { theCluster } from './kube.ts'

export type PodCommands = (op: string, command?: object) => Promise<unknown>

type Place = { readonly namespace: string, readonly pod: string, readonly container?: string, readonly script: string }

/**
 * Starts a program in a pod that is driven over stdin and stdout (`fixtures/serve-commands.ts`); ended with the test.
 * A command that fails there rejects here.
 */
export async function openCommands (t: Pick<ExecutionContext, 'teardown'>, place: Place): Promise<PodCommands> {
  const { kubectl: program, kubeconfigPath } = await theCluster()
  const { namespace, pod, container, script } = place
  const child = spawn(program, ['--kubeconfig', kubeconfigPath, '-n', namespace, 'exec', '-i', pod,
    ...(container === undefined ? [] : ['-c', container]), '--', 'node', script], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const ready = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', line => {
    const { id, result, error } = JSON.parse(line) as { id?: number, result?: unknown, error?: string }
    if (id === undefined) return ready.resolve()
    if (error === undefined) waiting.get(id)?.resolve(result)
    else waiting.get(id)?.reject(new Error(error))
    waiting.delete(id)
  })
  child.on('close', code => {
    const gone = new Error(`${script} in pod ${pod} ended with ${code}`)
    ready.reject(gone)
    for (const one of waiting.values()) one.reject(gone)
  })
  await ready.promise
  let id = 0
  return async (op, command = {}) => {
    const answer = Promise.withResolvers<unknown>()
    waiting.set(++id, answer)
    child.stdin.write(`${JSON.stringify({ id, op, ...command })}\n`)
    return await answer.promise
  }
}
