import { run } from '../run.ts'
import { waitFor } from '../wait.ts'
import { containerdSocket } from './configs.ts'

/** Whether containerd answers on its socket. */
export async function containerdAnswers (): Promise<true> {
  await ctr(['version'], 2000)
  return true
}

/** Loads an archive, and returns when the kubelet can see its images. */
export async function importArchive (archivePath: string): Promise<void> {
  await ctr(['images', 'import', '--all-platforms', '--digests', '--snapshotter', 'overlayfs', archivePath], 300_000)
  await waitFor(noneIsUnseen, { what: `the kubelet to see the images of ${archivePath}`, timeoutMs: 10_000, everyMs: 50 })
}

/** containerd labels an image once its Kubernetes half has taken note of it; a pod made earlier would not find it. */
async function noneIsUnseen (): Promise<true | undefined> {
  const lines = (await ctr(['images', 'list'], 10_000)).trim().split('\n').slice(1)
  return lines.every(line => line.includes('io.cri-containerd.image=managed')) ? true : undefined
}

async function ctr (args: readonly string[], timeoutMs: number): Promise<string> {
  return await run('ctr', ['--address', containerdSocket, '--namespace', 'k8s.io', ...args], { timeoutMs })
}
