import { readObject } from './api.ts'
import { names } from './plan.ts'

type Node = {
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] }
  readonly status?: { readonly conditions?: readonly { readonly type: string, readonly status: string }[] }
}

/** Whether pods can be made: the node is Ready, nothing keeps them off, and the namespace has its service account. */
export async function nodeIsUsable (): Promise<true | undefined> {
  const [node, account] = await Promise.all([
    readObject(`/api/v1/nodes/${names.node}`),
    readObject('/api/v1/namespaces/default/serviceaccounts/default')
  ])
  return account !== undefined && isReady(node as Node | undefined) ? true : undefined
}

/** Whether the API server believes that the node runs. */
export async function nodeIsReady (): Promise<boolean> {
  return isReady(await readObject(`/api/v1/nodes/${names.node}`) as Node | undefined)
}

function isReady (node: Node | undefined): boolean {
  const ready = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  // The controllers take this taint away some time after the condition, and until then nothing is scheduled.
  return ready && !(node?.spec?.taints ?? []).some(({ key }) => key.startsWith('node.kubernetes.io/'))
}
