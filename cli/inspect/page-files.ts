import { readFile } from 'node:fs/promises'
import path from 'node:path'

/** What the browser gets. */
export type PageFiles = {
  readonly html: string
  readonly script: string
  readonly style: string
  readonly icon: string
}

/**
 * Makes the page from its sources. In the one-file program this whole file is replaced by what it returns, see
 * build/embed-page.ts: nobody there has esbuild.
 */
export async function loadPage (): Promise<PageFiles> {
  const folder = path.join(import.meta.dirname, 'page')
  const { build } = await import('esbuild')
  const bundle = async (entry: string): Promise<string> => {
    const { outputFiles: [file] } = await build({
      entryPoints: [path.join(folder, entry)],
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      target: ['chrome111', 'firefox113', 'safari16.4'],
      logLevel: 'silent'
    })
    return file?.text ?? ''
  }
  const [html, icon, script, style] = await Promise.all([
    readFile(path.join(folder, 'index.html'), 'utf8'),
    readFile(path.join(folder, 'icon.svg'), 'utf8'),
    bundle('main.ts'),
    bundle('style.css')
  ])
  return { html, icon, script, style }
}
