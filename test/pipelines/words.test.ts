import test from 'ava'
import type { Command } from 'commander'
import { readEnvironmentName } from '../../environments/names.ts'
import { environmentNameOf } from '../../pipelines/name.ts'
import { downWords, readWish, upWords, urlWords } from '../../pipelines/wish.ts'
import { aProgram } from '../cli/helpers/a-program.ts'

const TEXTS: Readonly<Record<string, string>> = {
  workloads: 'payments\norders',
  images: 'payments=a:1',
  env: 'A=1',
  ports: '8080',
  ttl: '1h',
  header: 'x-other',
  'ready-path': '/ready',
  wait: 'false',
  timeout: '3m',
  service: 'frontend',
  namespace: 'shop'
}

/** The command that the first words name, and its flags and those of all. */
function commandOf (
  words: readonly string[]
): { readonly command: Command | undefined, readonly flags: readonly string[] } {
  const program = aProgram()
  const env = program.commands.find(command => command.name() === words[0])
  const command = env?.commands.find(command => command.name() === words[1])
  const options = [...command?.options ?? [], ...env?.options ?? [], ...program.options]
  return { command, flags: options.map(({ long }) => long ?? '') }
}

test('every word that a pipeline hands to the command line is a command or a flag of it', t => {
  const wish = readWish(name => TEXTS[name] ?? '', 'pr-12')

  for (const words of [upWords(wish), downWords(wish), urlWords(wish)]) {
    const { command, flags } = commandOf(words)
    t.truthy(command, words.join(' '))
    const used = words.filter(word => word.startsWith('--')).map(word => word.split('=', 1)[0] ?? '')
    t.deepEqual(used.filter(flag => !flags.includes(flag)), [], words.join(' '))
  }
  t.is(new Set(upWords(wish).filter(word => word.startsWith('--'))).size, 12)
})

test('every text gives a name that fits, and no two texts the same', t => {
  const texts = [
    'pr-12', 'main', 'Main', 'MAIN', 'feature/a', 'feature_a', 'feature-a', '12', '-x', 'x-', 'a'.repeat(40),
    'a'.repeat(41), 'a'.repeat(300), `${'a'.repeat(299)}b`, 'renovate/npm-@scope/pkg@^1.2', 'a\nb', 'a b'
  ]
  const names = texts.map(environmentNameOf)

  for (const name of names) t.is(readEnvironmentName(name), name)
  t.is(new Set(names).size, texts.length)
  t.is(environmentNameOf('pr-12'), 'pr-12')
  t.throws(() => environmentNameOf('ä/…'), { message: 'No environment can be named after "ä/…"' })
})
