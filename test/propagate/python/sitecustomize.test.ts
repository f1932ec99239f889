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
const LISTED = '[name for name in ("ssl", "threading", "asyncio", "socket", "logging") if name in sys.modules]'

test('the app\'s own folder and its own sitecustomize stay in force', async t => {
  const { stdout, stderr } = await python(t, { 'app/sitecustomize.py': 'import builtins, mine; builtins.said = mine.NAME' }, SAY)

  t.is(stdout, 'mine mine True\n')
  t.is(stderr, '')
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
  }, 'import http.server; from opentelemetry import sdk; print(sdk.NAME)')

  t.is(stdout, 'their SDK\n')
  t.regex(stderr, /its own OpenTelemetry, which is left alone/)
})

test('nothing is loaded that gevent or eventlet exchange before the app\'s own imports', async t => {
  const { stdout, stderr } = await python(t, {}, `
import sys
print(${LISTED})
# What this machine's Python loads by itself.
import subprocess
print(subprocess.check_output([sys.executable, "-c", """import sys; print(${LISTED})"""], env={}).decode())
`)
  const [ours, plain] = stdout.split('\n')

  t.truthy(ours)
  t.is(ours, plain)
  t.is(stderr, '')
})

// The image brings the packages.
test('an app runs when what is loaded at its import of a library fails', async t => {
  const { stdout, stderr } = await python(t, { 'ours/lib/opentelemetry/util/_importlib_metadata.py': 'raise SystemError("no")' },
    'import http.server, urllib.request; print("runs", urllib.request.urlopen.__name__)')

  t.is(stdout, 'runs urlopen\n')
  t.is(stderr, 'waylay: this program does not carry headers on: no\n')
})

test('what ours warn of stays out of the app\'s log', async t => {
  const { stderr } = await python(t, {
    'ours/lib/opentelemetry/util/_importlib_metadata.py': `
from logging import getLogger
getLogger(__name__).warning("somebody's baggage cannot be read")
raise SystemError("no")
`
  }, 'import http.server, logging; logging.warning("theirs")')

  t.is(stderr, 'waylay: this program does not carry headers on: no\nWARNING:root:theirs\n')
})

test('packages of ours are found by ours alone, also by what they import later', async t => {
  const files = {
    'ours/lib/wrapt.py': 'NAME = "ours"',
    'ours/lib/other/__init__.py': '',
    'ours/lib/other/part.py': 'NAME = "our part"',
    'ours/lib/opentelemetry/trace.py': `
import other.part, mine
from other import part
def later():
    import wrapt
    return [wrapt.NAME, other.part.NAME, part.NAME, mine.NAME]
`,
    // As an app that puts a folder of its own onto the path while it runs.
    'vendored/wrapt.py': 'NAME = "theirs"'
  }
  const { stdout } = await python(t, files, `
import os, sys
ours = os.environ["PYTHONPATH"].split(":")[0]
from waylay_propagate.private import PrivatePackages
packages = PrivatePackages([ours + "/lib"])
packages.install()
trace = packages.load("opentelemetry.trace")
sys.path.insert(0, ours + "/../vendored")
import wrapt
print(wrapt.NAME, trace.later())
try:
    import opentelemetry
except ImportError as error:
    print(error)
`)

  t.deepEqual(stdout.split('\n'), [
    'theirs [\'ours\', \'our part\', \'our part\', \'mine\']', 'No module named \'opentelemetry\'', ''
  ])
})

// What aiohttp and OpenTelemetry's API are, as far as it matters.
const AIOHTTP = {
  'ours/lib/opentelemetry/__init__.py': '',
  'ours/lib/opentelemetry/context.py': `
from contextvars import ContextVar
Context = dict
current = ContextVar("current", default={})
attach, detach = current.set, current.reset
`,
  'ours/lib/opentelemetry/propagate.py': `
def extract(carrier, context, getter):
    return {**context, "id": getter.get(carrier, "x-waylay-id")}
`,
  'ours/lib/opentelemetry/propagators/textmap.py': 'Getter = object',
  'app/aiohttp/web_app.py': `
class Application:
    async def _handle(self, request):
        if request.fails:
            raise ValueError("theirs")
        return await self.answer()
`
}

test('a server of aiohttp answers each request of a connection with what that one brought', async t => {
  const { stdout } = await python(t, AIOHTTP, `
import asyncio, os
from aiohttp import web_app
from waylay_propagate.private import PrivatePackages
ours = os.environ["PYTHONPATH"].split(":")[0]
packages = PrivatePackages([ours + "/lib", ours])
packages.install()
packages.load("waylay_propagate.aiohttp_server").patch(web_app)
current = packages.load("opentelemetry.context").current
class Headers(dict):
    def getall(self, key, default):
        return self.get(key, default)
class Request:
    def __init__(self, fails=False, **headers):
        self.fails, self.headers = fails, Headers({name.replace("_", "-"): value for name, value in headers.items()})
class Application(web_app.Application):
    async def answer(self):
        await asyncio.sleep(0)
        return current.get()
async def connection():
    for request in (Request(x_waylay_id=["a", "b"]), Request(), Request(fails=True, x_waylay_id=["c"]), Request()):
        try:
            print(await Application()._handle(request))
        except ValueError as error:
            print(error)
        print(current.get())
asyncio.run(connection())
`)

  t.deepEqual(stdout.split('\n'), [
    '{\'id\': [\'a,b\']}', '{}', '{\'id\': None}', '{}', 'theirs', '{}', '{\'id\': None}', '{}', ''
  ])
})

// OpenTelemetry's API, as far as it matters.
const API = {
  'ours/lib/opentelemetry/__init__.py': '',
  'ours/lib/opentelemetry/baggage/__init__.py': 'def get_all(context): return {}',
  'ours/lib/opentelemetry/baggage/propagation.py': `
class W3CBaggagePropagator:
    def extract(self, carrier, context, getter): return context
`,
  'ours/lib/opentelemetry/context.py': `
def create_key(name): return name
def get_value(key, context): return context.get(key)
def set_value(key, value, context): return {**context, key: value}
`,
  'ours/lib/opentelemetry/propagators/textmap.py': `
TextMapPropagator = object
class default_getter:
    get = staticmethod(lambda carrier, key: [carrier[key]] if key in carrier else None)
class default_setter:
    set = staticmethod(dict.__setitem__)
`,
  'ours/lib/opentelemetry/trace/propagation/tracecontext.py': `
class TraceContextTextMapPropagator:
    def extract(self, carrier, context, getter): return context
    def inject(self, carrier, context): carrier["traceparent"] = "00-1"
`
}

const LOAD_PROPAGATOR = `
import os
from waylay_propagate.private import PrivatePackages
ours = os.environ["PYTHONPATH"].split(":")[0]
packages = PrivatePackages([ours + "/lib", ours])
packages.install()
module = packages.load("waylay_propagate.propagator")
`

test('a value that a library would not write, or would write otherwise, does not go on', async t => {
  const { stdout } = await python(t, API, `${LOAD_PROPAGATOR}
propagator = module.Propagator()
for value in ("maria", "m\\xe9", "m\\udce9", "m\\x01", "m\\n"):
    sent = {}
    propagator.inject(sent, propagator.extract({"x-waylay-id": value, "baggage": "a=1"}, {}))
    print(sent.get("x-waylay-id"), sent["baggage"])
`)

  t.deepEqual(stdout.split('\n'), ['maria a=1', ...Array<string>(4).fill('None a=1'), ''])
})

test('what a request began carries nothing five minutes after it came, and never too much', async t => {
  const { stdout } = await python(t, API, `${LOAD_PROPAGATOR}
now = 1000
module.monotonic = lambda: now
propagator = module.Propagator()
context = propagator.extract({"x-waylay-id": "maria", "baggage": "a=" + "x" * 8191}, {})
for now in (1000, 1300, 1301):
    sent = {}
    propagator.inject(sent, context)
    print(sent)
`)

  const carried = '{\'traceparent\': \'00-1\', \'x-waylay-id\': \'maria\'}'
  t.deepEqual(stdout.split('\n'), [carried, carried, '{}', ''])
})

test('a hook runs once, after the module, and leaves its loader in place', async t => {
  const { stdout } = await python(t, { 'app/watched.py': 'print("module")', 'app/package/__init__.py': '' }, `
from waylay_propagate.import_hooks import ImportHooks
ImportHooks({name: lambda module: print("hook", module.__name__) for name in ("watched", "package.absent", "sys")}).install()
import watched, importlib
print(type(watched.__loader__).__name__)
importlib.reload(watched)
try:
    import package.absent
except ImportError as error:
    print(error)
`)

  t.deepEqual(stdout.split('\n'),
    ['hook sys', 'module', 'hook watched', 'SourceFileLoader', 'module', 'No module named \'package.absent\'', ''])
})
