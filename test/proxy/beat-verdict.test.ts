import test from 'ava'
import { createVerdict } from '../../proxy/verdict.ts'

/** A verdict with a clock of its own; what it does is a list of words. */
function makeVerdict (redirect: 'always' | 'on-demand' = 'always') {
  const done: string[] = []
  let timeMs = 0
  let strain: string | undefined
  const verdict = createVerdict({
    ports: [{ port: 8080, redirect }, { port: 9000, redirect }],
    families: [4, 6],
    nowMs: () => timeMs,
    beat: {
      arm: (port, family) => done.push(`arm ${port}/${family}`),
      disarm: (port, family) => done.push(`disarm ${port}/${family}`),
      disarmAll: () => done.push('disarm all')
    },
    probeApp: (port, family) => done.push(`probe ${port}/${family}`),
    findStrain: () => strain,
    onOverload: reason => done.push(`overload ${reason}`),
    selfTest: () => done.push('self-test')
  })
  const take = (): string[] => done.splice(0)
  const later = (ms: number): number => {
    timeMs += ms
    return verdict.tick()
  }
  return { verdict, take, later, setStrain: (reason: string | undefined) => { strain = reason } }
}

/** All four lanes armed, as after a start with an app that is up. */
function makeArmed () {
  const made = makeVerdict()
  for (const port of [8080, 9000]) for (const family of [4, 6] as const) made.verdict.dialSucceeded(port, family)
  made.take()
  return made
}

test('a port is armed once the app has accepted a probe', t => {
  const { verdict, take } = makeVerdict()

  verdict.tick()
  t.deepEqual(take(), ['probe 8080/4', 'probe 8080/6', 'probe 9000/4', 'probe 9000/6'])
  verdict.dialSucceeded(8080, 4)
  t.deepEqual(take(), ['arm 8080/4'])
  t.true(verdict.isArmed(8080, 4))
  t.false(verdict.isArmed(8080, 6))
})

test('a refused dial disarms only that port and family', t => {
  const { verdict, take } = makeArmed()

  verdict.dialFailed(8080, 6, 'ECONNREFUSED')
  verdict.dialFailed(8080, 6, 'ECONNREFUSED')

  t.deepEqual(take(), ['disarm 8080/6'])
  t.true(verdict.isArmed(8080, 4))
})

test('a refused port is probed often at first, then once a second, until accepted', t => {
  const { verdict, take, later } = makeArmed()
  verdict.dialFailed(8080, 4, 'ECONNREFUSED')
  take()

  t.is(later(10), 50, 'the next tick comes soon')
  t.deepEqual(take(), ['probe 8080/4'])
  later(49)
  t.deepEqual(take(), [])
  later(1)
  t.deepEqual(take(), ['probe 8080/4'])
  t.is(later(30_000), 250)
  t.deepEqual(take(), ['probe 8080/4'])
  verdict.dialFailed(8080, 4, 'ECONNREFUSED')
  later(999)
  t.deepEqual(take(), [])
  later(1)
  t.deepEqual(take(), ['probe 8080/4'])
  verdict.dialSucceeded(8080, 4)
  later(5000)
  t.deepEqual(take(), ['arm 8080/4'])
})

test('a port whose app comes back is looked for often again', t => {
  const { verdict, later } = makeArmed()
  t.is(later(60_000), 250)
  verdict.dialFailed(8080, 4, 'ECONNREFUSED')
  t.is(later(1), 50)
})

for (const code of ['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL']) {
  test(`${code} disarms every port until all works for a second`, t => {
    const { verdict, take, later } = makeArmed()
    if (code === 'EADDRNOTAVAIL') verdict.dialFailed(8080, 4, code)
    else verdict.acceptFailed(code)
    t.deepEqual(take(), [`overload ${code}`, 'disarm 8080/4', 'disarm 8080/6', 'disarm 9000/4', 'disarm 9000/6'])

    later(5000)
    t.deepEqual(take(), ['self-test'])
    verdict.selfTestSucceeded()
    later(999)
    verdict.selfTestSucceeded()
    verdict.acceptFailed(code) // Not yet: the second begins anew.
    later(250)
    verdict.selfTestSucceeded()
    later(999)
    verdict.selfTestSucceeded()
    t.false(take().some(word => word.startsWith('arm')))
    later(1)
    verdict.selfTestSucceeded()
    t.deepEqual(take(), ['self-test', 'arm 8080/4', 'arm 8080/6', 'arm 9000/4', 'arm 9000/6'])
  })
}

test('overload disarms every port until it is over and all works for a second', t => {
  const { verdict, take, later, setStrain } = makeArmed()
  verdict.overloaded('descriptors')
  setStrain('descriptors')
  t.deepEqual(take(), ['overload descriptors', 'disarm 8080/4', 'disarm 8080/6', 'disarm 9000/4', 'disarm 9000/6'])

  later(5000)
  t.deepEqual(take(), [], 'no self-test while there is too much')
  setStrain(undefined)
  later(0)
  verdict.selfTestSucceeded()
  later(999)
  verdict.selfTestSucceeded()
  t.deepEqual(take(), ['self-test', 'self-test'])
  later(1)
  verdict.selfTestSucceeded()
  t.deepEqual(take(), ['self-test', 'arm 8080/4', 'arm 8080/6', 'arm 9000/4', 'arm 9000/6'])
})

test('overload that comes back before the second is over is one', t => {
  const { verdict, take, later, setStrain } = makeArmed()
  setStrain('heap')
  later(0)
  setStrain(undefined)
  later(0)
  verdict.selfTestSucceeded()
  setStrain('buffers')
  later(500)
  setStrain(undefined)
  later(600)
  verdict.selfTestSucceeded()

  t.deepEqual(take().filter(word => /^(arm|overload)/.test(word)), ['overload heap'])
})

test('what works again arms no port that its app refuses', t => {
  const { verdict, take, later } = makeArmed()
  verdict.acceptFailed('EMFILE')
  verdict.dialFailed(8080, 4, 'ECONNREFUSED')
  verdict.selfTestSucceeded()
  take()

  later(1000)
  verdict.selfTestSucceeded()

  t.false(verdict.isArmed(8080, 4))
  t.true(verdict.isArmed(8080, 6))
})

test('slow apps and callers who leave disarm nothing', t => {
  const { verdict, take } = makeArmed()

  verdict.dialFailed(8080, 4, 'ETIMEDOUT')
  verdict.dialFailed(8080, 4, 'ECONNRESET')
  verdict.acceptFailed('ECONNABORTED')

  t.deepEqual(take(), [])
})

test('an on-demand port is probed and armed only while wanted', t => {
  const { verdict, take, later } = makeVerdict('on-demand')
  later(5000)
  t.deepEqual(take(), [])

  verdict.setWanted(8080, true)
  verdict.dialSucceeded(8080, 4)
  t.deepEqual(take(), ['probe 8080/4', 'probe 8080/6', 'arm 8080/4'])
  verdict.setWanted(8080, false)
  t.deepEqual(take(), ['disarm 8080/4'])
  verdict.setWanted(8080, true)
  t.is(take()[0], 'arm 8080/4')
})

test('a stopped verdict disarms all and arms nothing again', t => {
  const { verdict, take, later } = makeArmed()

  verdict.stop()
  verdict.dialSucceeded(8080, 4)
  later(5000)

  t.deepEqual(take(), ['disarm all'])
})
