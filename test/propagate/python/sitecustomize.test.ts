import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { ROOT } from '../../../build/bundle.ts'

const run = promisify(execFile)

type Python = { readonly stdout: string, readonly stderr: string }

/** A real Python with ours in front of the app's folder, as the webhook writes PYTHONPATH. */
async function python (t: ExecutionContext, files: Readonly<Record<string, string>>, program: string): Promise<Python> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-python-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  await cp(join(ROOT, 'propagate/python'), join(folder, 'ours'), { recursive: true })
  for (const [name, text] of Object.entries({ 'app/mine.py': 'NAME = "mine"', ...files })) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return await run('python3', ['-c', program], {
    env: { PATH: process.env['PATH'], PYTHONPATH: `${folder}/ours:${folder}/app`, PYTHONDONTWRITEBYTECODE: '1' }
  })
}

const SAY = 'import builtins, mine, sys; print(mine.NAME, getattr(builtins, "said", None), "sitecustomize" in sys.modules)'
// The image brings the packages; without them this is all that an app notices.
const WITHOUT_PACKAGES = /^waylay: this program does not carry headers on: .*\n$/

test('the app\'s own folder and its own sitecustomize stay in force', async t => {
  const { stdout, stderr } = await python(t, { 'app/sitecustomize.py': 'import builtins, mine; builtins.said = mine.NAME' }, SAY)

  t.is(stdout, 'mine mine True\n')
  t.regex(stderr, WITHOUT_PACKAGES)
})

test('an app without a sitecustomize of its own starts, and ours is not in its way', async t => {
  const { stdout } = await python(t, {}, `${SAY}; print([path for path in sys.path if path.endswith("/ours")])`)

  t.is(stdout, 'mine None True\n[]\n')
})

test('what the app\'s own sitecustomize throws is told as without us', async t => {
  const { stdout, stderr } = await python(t, { 'app/sitecustomize.py': 'raise ValueError("theirs")' }, SAY)

  t.is(stdout, 'mine None False\n')
  t.regex(stderr, /Error in sitecustomize.*\n.*theirs/)
})

test('an app that brings OpenTelemetry\'s SDK keeps its own', async t => {
  const { stdout, stderr } = await python(t, {
    'app/opentelemetry/sdk/__init__.py': 'NAME = "their SDK"', 'ours/lib/opentelemetry/propagate.py': 'raise SystemExit(9)'
  }, 'from opentelemetry import sdk; print(sdk.NAME)')

  t.is(stdout, 'their SDK\n')
  t.regex(stderr, /its own OpenTelemetry, which is left alone/)
})
