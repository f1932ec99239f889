import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { coresBusyMs, countEstablished, parseStat, processTree, treeCpuMs, treeMemory } from '../../bench/proc.ts'
import { idleConnections } from '../../bench/run-memory.ts'

test('a process is read whatever its name holds', t => {
  const line = '4217 (a ) b (c) S 17 4217 4217 0 -1 4194304 900 0 3 0 150 30 7 2 20 0 11 0 12345 1000 200 18446744073709551615'
  t.deepEqual(parseStat(line), { pid: 4217, parent: 17, cpuMs: 1890 })
})

const PROC_STAT = `cpu  300 3 150 1000 50 2 4 9 0 0
cpu0 100 1 50 500 20 1 2 4 0 0
cpu1 200 2 100 500 30 1 2 5 0 0
cpu10 999 9 9 9 9 9 9 9 0 0
intr 1
`

test('a core is busy when it is neither idle, nor waiting, nor taken away', t => {
  t.is(coresBusyMs(PROC_STAT, [0]), 1540)
  t.is(coresBusyMs(PROC_STAT, [0, 1]), 1540 + 3050)
})

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:3A99 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0
   1: 0200630A:3A99 0100630A:C000 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0
   2: 0200630A:3A99 0100630A:C001 06 00000000:00000000 00:00000000 00000000     0        0 3 1 0
   3: 0200630A:C002 0200630A:3A99 01 00000000:00000000 00:00000000 00000000     0        0 4 1 0
   4: 00000000000000000000000000000000:3A99 00000000000000000000000000000000:D000 01 00000000:00000000 00:00000000 0 0 0 5`

test('established connections are counted where they were accepted', t => {
  t.is(countEstablished(TCP, 0x3a99), 2)
  t.is(countEstablished(TCP, 8080), 0)
})

test('CPU and memory of a process are those of all its descendants', async t => {
  const script = 'node -e "while (process.cpuUsage().user < 300000);setTimeout(() => {}, 60000)" & echo $!; wait'
  const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => { for (const { pid } of processTree(child.pid ?? 0)) process.kill(pid, 'SIGKILL') })
  const [text] = await once(child.stdout, 'data') as [Buffer]
  const inner = Number(text.toString())
  while (treeCpuMs(child.pid ?? 0) < 300) await delay(50)
  t.true(processTree(child.pid ?? 0).some(({ pid }) => pid === inner))
  t.true(treeMemory(child.pid ?? 0).rssKib > treeMemory(inner).rssKib)
  t.true(treeMemory(inner).pssKib > 0)
  t.deepEqual(processTree(2 ** 30), [])
})

test('idle connections are as many as a side has descriptors for two of each', t => {
  const limits = (hard: string): string => `Limit                     Soft Limit           Hard Limit           Units
Max processes             95930                95930                processes
Max open files            1024                 ${hard}               files
`
  t.is(idleConnections(limits('20000')), 9900)
  t.is(idleConnections(limits('1048576')), 10_000)
  t.is(idleConnections(limits('unlimited')), 10_000)
})
