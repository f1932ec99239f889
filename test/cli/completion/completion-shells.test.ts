import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { ensureDebianPackages } from '../../cluster/bare/debian.ts'
import { findProgram } from '../../cluster/run.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts')
const run = promisify(execFile)

/** A folder with a `waylay` that is this tree's, and a kubeconfig with two contexts. */
async function startCase (t: ExecutionContext) {
  const dir = await mkdtemp(path.join(tmpdir(), 'waylay-shell-'))
  t.teardown(async () => { await rm(dir, { recursive: true }) })
  await writeFile(path.join(dir, 'waylay'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`)
  await chmod(path.join(dir, 'waylay'), 0o755)
  await writeFile(path.join(dir, 'config'), JSON.stringify({ contexts: [{ name: 'kind-dev' }, { name: 'arn:aws:eks' }] }))
  const env = { PATH: `${dir}:${process.env['PATH'] ?? ''}`, KUBECONFIG: path.join(dir, 'config'), HOME: dir, TERM: 'dumb' }
  return async (program: string, args: readonly string[]): Promise<string> =>
    (await run(program, [...args], { env, cwd: dir })).stdout
}

test.before('the shells are there', async t => {
  const missing = []
  for (const shell of ['zsh', 'fish']) if (await findProgram(shell) === undefined) missing.push(shell)
  if (missing.length > 0) await ensureDebianPackages(missing, line => { t.log(line) })
})

/** What a real bash would put on the line, by its own COMP variables. */
const BASH = `
source <(waylay completion bash)
complete -p waylay
try () {
  COMP_LINE="$1" COMP_POINT=\${#1}
  eval "COMP_WORDS=($2)"
  COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
  _waylay
  printf '%s|' "\${COMPREPLY[@]}"
  echo
}
try 'waylay inter' 'waylay inter'
try 'waylay list --output=j' 'waylay list --output = j'
try 'waylay list --output=' 'waylay list --output ='
try 'waylay list --context arn:' 'waylay list --context arn :'
try 'waylay list --kubeconfig con' 'waylay list --kubeconfig con'
try 'waylay list --context k' 'waylay list --context k'
`

test('a real bash completes commands, values, contexts and files', async t => {
  const shell = await startCase(t)

  const lines = (await shell('bash', ['--norc', '-c', BASH])).trim().split('\n')

  t.deepEqual(lines, [
    'complete -F _waylay waylay', 'intercept|', 'json|', 'text|json|', 'aws:eks|', 'config|', 'kind-dev|'
  ])
})

/** Presses the tab key in a zsh that runs in a terminal of its own. */
const ZSH = `
zmodload zsh/zpty
press () {
  zpty shell 'zsh -f -i'
  zpty -w shell "PS1='' PS2=''; autoload -Uz compinit; compinit -u -D; source <(waylay completion zsh); bindkey '^X' redisplay"
  zpty -w shell "show () { print -r -- \\"<\\$BUFFER>\\"; }; zle -N show; bindkey '^T' show; print -r ready-\\$((1+1))"
  local out='' piece
  while [[ $out != *ready-2* ]]; do zpty -r shell piece; out+=$piece; done
  zpty -n -w shell "$1"$'\\t'$'\\C-T'
  out=''
  while [[ $out != *\\<waylay*\\>* ]]; do zpty -r shell piece; out+=$piece; done
  print -r -- "\${\${out##*\\<}%%\\>*}"
  zpty -d shell
}
press 'waylay interc'
press 'waylay list --context kin'
press 'waylay list --output=js'
press 'waylay list --context arn'
press 'waylay list --kubeconfig con'
`

test('a real zsh completes at a press of the tab key', async t => {
  const shell = await startCase(t)

  const lines = (await shell('zsh', ['-f', '-c', ZSH])).trim().split('\n').map(line => line.trim())

  t.deepEqual(lines, [
    'waylay intercept', 'waylay list --context kind-dev', 'waylay list --output=json', 'waylay list --context arn:aws:eks',
    'waylay list --kubeconfig config'
  ])
})

test('a real fish shows candidates with what they mean', async t => {
  const shell = await startCase(t)
  const completeLine = async (line: string): Promise<readonly string[]> => {
    const script = `source (waylay completion fish | psub); complete -C '${line}'`
    return (await shell('fish', ['--no-config', '-c', script])).trim().split('\n')
  }

  t.regex((await completeLine('waylay interc')).join(), /^intercept\tanswer your requests/)
  t.deepEqual(await completeLine('waylay list --context '), ['arn:aws:eks', 'kind-dev'])
  t.deepEqual(await completeLine('waylay list --output=j'), ['--output=json'])
  t.deepEqual(await completeLine('waylay list --kubeconfig con'), ['config'])
  t.true((await completeLine('waylay intercept payments -- no')).some(line => line.startsWith('node')))
})
