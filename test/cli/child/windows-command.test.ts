import test from 'ava'
import { throughShell, windowsCommand } from '../../../cli/child/windows-command.ts'

const NODE = 'C:\\Program Files\\nodejs'
const files = new Set([`${NODE}\\node.EXE`, `${NODE}\\npm.CMD`, 'C:\\tools\\run.exe'])
const deps = {
  env: { PATH: `${NODE};C:\\tools`, pathext: '.COM;.EXE;.BAT;.CMD', COMSPEC: 'C:\\Windows\\cmd.exe' },
  exists: (file: string): boolean => files.has(file)
}

test('a program that is one is started without a shell', t => {
  t.deepEqual(windowsCommand(['node', 'a b', '"'], deps), {
    file: `${NODE}\\node.EXE`, args: ['a b', '"'], isVerbatim: false
  })
  t.is(windowsCommand(['run.exe'], deps)?.file, 'C:\\tools\\run.exe')
})

test('a batch file is started through the shell, quoted twice', t => {
  const found = windowsCommand(['npm', 'run', 'a b', '50%&"x"'], deps)

  t.is(found?.file, 'C:\\Windows\\cmd.exe')
  t.true(found?.isVerbatim)
  t.deepEqual(found?.args.slice(0, 3), ['/d', '/s', '/c'])
  t.is(found?.args[3], [
    '"C:\\Program^ Files\\nodejs\\npm.CMD',
    '^^^"run^^^"',
    '^^^"a^^^ b^^^"',
    '^^^"50^^^%^^^&\\^^^"x\\^^^"^^^""'
  ].join(' '))
})

test('backslashes are doubled only before a quote', t => {
  const line = windowsCommand(['npm', 'C:\\dir\\'], deps)?.args[3] ?? ''

  t.true(line.includes('^^^"C:\\dir\\\\^^^"'))
})

test('a program that is not there is not handed to a shell', t => {
  t.is(windowsCommand(['no-such-program'], deps), undefined)
})

test('a line for the shell stays as it stands', t => {
  t.deepEqual(throughShell('npm run dev && echo %PATH%', deps), {
    file: 'C:\\Windows\\cmd.exe', args: ['/d', '/s', '/c', '"npm run dev && echo %PATH%"'], isVerbatim: true
  })
})
