import test from 'ava'
import { startProgram } from '../../demo/programs.ts'

test('a line is found whether it came before or after asking', async t => {
  const program = startNode('console.log("port 1"); setTimeout(() => console.error("port 2"), 50); setInterval(() => {}, 1000)')
  t.teardown(program.stop)
  t.is((await program.line(/^port (2)/, 5000))[1], '2')
  t.is((await program.line(/^port (1)/, 5000))[1], '1')
})

test('a program that ends by itself is named with its last lines', async t => {
  const program = startNode('console.error("no such workload"); process.exitCode = 5')
  await t.throwsAsync(program.line(/never/, 5000), { message: /^the test program ended \(exit code 5\):\nno such workload$/ })
})

test('a line that does not come is named after its time', async t => {
  const program = startNode('setInterval(() => {}, 1000)')
  t.teardown(program.stop)
  await t.throwsAsync(program.line(/never/, 50), { message: /did not print \/never\/ in 0\.05 s/ })
})

test('a stopped program is gone when stop returns', async t => {
  const program = startNode('process.on("SIGINT", () => process.exit(0)); console.log("up"); setInterval(() => {}, 1000)')
  await program.line(/up/, 5000)
  await program.stop()
  await t.throwsAsync(program.ended, { message: /ended \(exit code 0\)/ })
  await program.stop()
})

function startNode (script: string) {
  return startProgram(process.execPath, ['--eval', script], { title: 'the test program' })
}
