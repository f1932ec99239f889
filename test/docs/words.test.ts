import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { PAGES, proseOf, ROOT } from './pages.ts'

const BANNED = ['blazing', 'simply', 'just', 'easily', 'obviously', 'seamless', 'seamlessly', 'powerful', 'upstream', 'downstream']

test('no page praises itself or belittles what a reader does', t => {
  const found = PAGES.flatMap(({ path, text }) => BANNED.filter(word => new RegExp(`\\b${word}\\b`, 'i').test(text))
    .map(word => `${path}: ${word}`))
  t.deepEqual(found, [])
})

test('no line of prose is longer than 120 columns', t => {
  const long = PAGES.flatMap(page => proseOf(page).split('\n')
    .filter(line => line.length > 120 && !line.startsWith('|')).map(line => `${page.path}: ${line}`))
  t.deepEqual(long, [])
})

/** Joined here, so that this file does not name them itself. */
const PRIVATE: readonly RegExp[] = [
  ['/work', '/'], ['/ro', 'ot\\b'], ['registry\\.npm', 'js'], ['deb\\.debian', '\\.org'], ['proxy\\.golang', '\\.org'],
  ['pypi', '\\.org'], ['files\\.pythonhosted', '\\.org'], ['/tmp/bash', '_jobs'], ['DESIGN', '\\.md'], ['CLUSTER', '\\.md'],
  ['PEERS', '\\.md']
].map(parts => new RegExp(parts.join('')))

test('no file names a machine, a session or a private registry host', t => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0')
    .filter(file => file !== '' && existsSync(join(ROOT, file)))
  t.true(files.length > 200)
  const found = files.flatMap(file => {
    const text = readFileSync(join(ROOT, file), 'utf8')
    return PRIVATE.filter(pattern => pattern.test(text)).map(pattern => `${file}: ${String(pattern)}`)
  })
  t.deepEqual(found, [])
})

test('the license is the whole of the Apache License 2.0', t => {
  const text = readFileSync(join(ROOT, 'LICENSE'), 'utf8')
  t.regex(text, /^ +Apache License\n +Version 2\.0, January 2004$/m)
  t.deepEqual([...text.matchAll(/^ {3}(\d)\. [A-Z]/gm)].map(([, number]) => Number(number)), [1, 2, 3, 4, 5, 6, 7, 8, 9])
  t.regex(text, /END OF TERMS AND CONDITIONS\n\n +APPENDIX: How to apply the Apache License to your work\./)
})
