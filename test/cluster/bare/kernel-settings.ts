import { readFile, writeFile } from 'node:fs/promises'

// The kubelet sets these for the whole machine when it starts; nobody asked for that to outlive a test cluster.
const settings = [
  'vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys', 'kernel/keys/root_maxbytes'
]

/** Reads what the kubelet will change. */
export async function readKernelSettings (): Promise<Readonly<Record<string, string>>> {
  const pairs = await Promise.all(settings.map(async name =>
    [name, (await readFile(`/proc/sys/${name}`, 'utf8').catch(() => '')).trim()] as const))
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''))
}

/** Puts back what was read; what the kernel refuses was never changed either. */
export async function restoreKernelSettings (values: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await writeFile(`/proc/sys/${name}`, value).catch(() => {})
  }
}
