import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClusterOptions } from '../driver.ts'
import { waitFor } from '../wait.ts'
import { callApi } from './api.ts'
import { makeCgroups } from './cgroups.ts'
import { componentCommands, dnsReadyUrl, type ComponentName } from './components.ts'
import { writeConfigs } from './configs.ts'
import { createDnsObjects, dnsServes } from './dns.ts'
import { holderCommand, waitForHolder } from './holder.ts'
import { containerdAnswers, importArchive } from './images.ts'
import { readKernelSettings } from './kernel-settings.ts'
import { makeKeys } from './keys.ts'
import { writeKubeconfigs } from './kubeconfig.ts'
import { hasNamespaceFolder, makeNetwork } from './network.ts'
import { nodeIsUsable } from './node.ts'
import type { Parts } from './parts.ts'
import { inState, kubernetesVersion } from './plan.ts'
import { startProcess } from './processes.ts'
import { bootId, writeState, type State } from './state.ts'

/** Makes the cluster out of built parts, returns what was written down about it. On failure the caller tears down. */
export async function bringUp (parts: Parts, options: ClusterOptions): Promise<State> {
  let state = await firstState(parts)
  const death = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, death.signal]) : death.signal

  const start = async (name: ComponentName | 'holder', holderPid?: number): Promise<number> => {
    // A part that died ends it all, and nothing may be started behind the back of the tear-down.
    signal.throwIfAborted()
    const command = name === 'holder' ? holderCommand(parts) : componentCommands()[name]
    const { record, died } = await startProcess(name, command, holderPid)
    void died.then(error => death.abort(error))
    state = { ...state, processes: [...state.processes, record] }
    await writeState(state)
    return record.pid
  }

  await startAll(start, parts, { ...options, signal })
  state = { ...state, ready: true }
  await writeState(state)
  return state
}

type Start = (name: ComponentName | 'holder', holderPid?: number) => Promise<number>

async function startAll (start: Start, parts: Parts, { progress, signal }: ClusterOptions): Promise<void> {
  const keys = makeKeys(inState('keys')).then(() => writeKubeconfigs(inState('keys')))
  await Promise.all([makeNetwork(), makeCgroups(), writeConfigs()])
  const holderPid = await start('holder')
  await waitForHolder(signal)
  progress('starting etcd, the API server and containerd')
  await start('etcd', holderPid)
  await start('containerd', holderPid)
  await keys
  await start('kube-apiserver', holderPid)
  await waitFor(containerdAnswers, { what: 'containerd', timeoutMs: 20_000, signal })
  await importArchive(join(parts.pause, 'pause.tar'))
  await waitFor(apiServerAnswers, { what: 'the API server', timeoutMs: 90_000, signal })
  progress('starting the node and the controllers')
  await start('kubelet', holderPid)
  await start('kube-controller-manager', holderPid)
  await createDnsObjects()
  await start('coredns', holderPid)
  await start('kube-scheduler', holderPid)
  await start('kube-proxy', holderPid)
  await waitFor(nodeIsUsable, { what: 'the node to be Ready', timeoutMs: 90_000, signal })
  progress('the node is Ready')
  await waitFor(dnsIsReady, { what: 'CoreDNS', timeoutMs: 60_000, signal })
  await waitFor(dnsServes, { what: 'DNS at its Service address', timeoutMs: 60_000, signal })
}

async function firstState (parts: Parts): Promise<State> {
  await mkdir(inState(), { recursive: true, mode: 0o755 })
  const state: State = {
    ready: false,
    bootId: bootId(),
    kubernetesVersion: kubernetesVersion(),
    kubectl: join(parts.kubernetes, 'kubectl'),
    processes: [],
    hadNamespaceFolder: await hasNamespaceFolder(),
    kernelSettings: await readKernelSettings()
  }
  await writeState(state)
  return state
}

async function apiServerAnswers (): Promise<true | undefined> {
  return (await callApi('GET', '/readyz')).status === 200 ? true : undefined
}

async function dnsIsReady (): Promise<true | undefined> {
  return (await fetch(dnsReadyUrl, { signal: AbortSignal.timeout(1000) })).ok ? true : undefined
}
