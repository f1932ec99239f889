import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'
import { PAGES, pageAt, proseOf, ROOT } from './pages.ts'

for (const page of PAGES) {
  test(`every relative link in ${page.path} leads to a file`, t => {
    const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const relative = links.filter(target => !/^[a-z]+:/.test(target))
    t.deepEqual(relative.filter(target => !existsSync(join(ROOT, dirname(page.path), target.split('#', 1)[0] ?? ''))), [])
  })
}

test('the index of the docs names every page in the folder', t => {
  const index = pageAt('docs/README.md').text
  const missing = PAGES.map(({ path }) => path.replace(/^docs\//, ''))
    .filter(name => !name.includes('/') && existsSync(join(ROOT, 'docs', name)) && name !== 'README.md')
    .filter(name => !index.includes(`[${name}](${name})`))
  t.deepEqual(missing, [])
})

test('the folder map of CONTRIBUTING names folders that are there', t => {
  const folders = [...pageAt('CONTRIBUTING.md').text.matchAll(/^\| `([\w-]+\/)` \|/gm)].map(([, folder = '']) => folder)
  t.true(folders.length > 10)
  t.deepEqual(folders.filter(folder => !existsSync(join(ROOT, folder))), [])
})

test('every file that CONTRIBUTING and the docs name is there', t => {
  const named = PAGES.flatMap(({ path, text }) => [...text.matchAll(/`([\w-]+(?:\/[\w.-]+)+\.(?:ts|sh|ya?ml))`/g)]
    .map(([, file = '']) => ({ path, file })))
  t.true(named.length > 10)
  t.deepEqual(named.filter(({ file }) => !existsSync(join(ROOT, file))), [])
})
