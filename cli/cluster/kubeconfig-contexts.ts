import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'

/** The environment and the home folder are handed in. */
type Place = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly homeDir: string
}

/**
 * The names of the contexts in the kubeconfig files, without the library that reads them whole: this runs at a press of
 * the tab key. Never rejects: a file that cannot be read has none.
 */
export async function listContexts (file: string | undefined, { env, homeDir }: Place): Promise<readonly string[]> {
  const files = file !== undefined
    ? [file]
    : env['KUBECONFIG']?.split(path.delimiter).filter(name => name !== '') ?? [path.join(homeDir, '.kube', 'config')]
  const names = await Promise.all(files.map(readContexts))
  return [...new Set(names.flat())]
}

async function readContexts (file: string): Promise<readonly string[]> {
  try {
    const config = parse(await readFile(file, 'utf8'), { logLevel: 'error' }) as { readonly contexts?: unknown } | null
    return Array.isArray(config?.contexts) ? config.contexts.map(nameOf).filter(name => name !== undefined) : []
  } catch {
    return []
  }
}

function nameOf (context: unknown): string | undefined {
  const name = (context as { readonly name?: unknown } | null)?.name
  return typeof name === 'string' ? name : undefined
}
