import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** One page, by its path from the root. */
export type Page = { readonly path: string, readonly text: string }

/** One fenced block of a page, with the word behind its fence. */
export type Block = { readonly page: string, readonly language: string, readonly text: string }

/** Every page that is written for people. */
export const PAGES: readonly Page[] = [
  'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...readdirSync(`${ROOT}docs`).sort().map(name => `docs/${name}`)
].filter(path => path.endsWith('.md')).map(path => ({ path, text: readFileSync(ROOT + path, 'utf8') }))

/** @throws {Error} naming the page that is not there. */
export function pageAt (path: string): Page {
  const page = PAGES.find(page => page.path === path)
  if (page === undefined) throw new Error(`There is no page ${path}`)
  return page
}

export function blocksOf ({ path, text }: Page): readonly Block[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)]
    .map(([, language = '', text = '']) => ({ page: path, language, text }))
}

/** The page without its fenced blocks. */
export function proseOf ({ text }: Page): string {
  return text.replace(/^```\w*\n.*?^```$/gms, '')
}

/** The lines of its shell blocks. */
export function shellLinesOf (page: Page): readonly string[] {
  return blocksOf(page).filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n')).filter(line => line !== '')
}

/** Everything a reader may type: lines of shell blocks, and code within a line. */
export function codeOf (page: Page): readonly string[] {
  return [...shellLinesOf(page), ...[...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)]
}

/** The cells of each row of a table, found by the header cells it has; without its header. */
export function tableOf (page: Page, header: readonly string[]): readonly (readonly string[])[] {
  const lines = page.text.split('\n')
  const at = lines.indexOf(`| ${header.join(' | ')} |`)
  if (at === -1) throw new Error(`${page.path} has no table ${header.join(', ')}`)
  const rows = lines.slice(at + 2)
  return rows.slice(0, rows.findIndex(line => !line.startsWith('|'))).map(line => line.slice(2, -2).split(' | '))
}
