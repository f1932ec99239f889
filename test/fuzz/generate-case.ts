import { generateRequest } from './generate-request.ts'
import { generateRecipes } from './generate-recipe.ts'
import { INTERCEPTED_IDS, type FuzzCase } from './fuzz-case.ts'
import { mutate } from './mutate.ts'
import { createRandom, type Random } from './random.ts'

/** The case of that number in the run of that seed: always the same. */
export function generateCase (seed: number, number: number): FuzzCase {
  const random = createRandom(seed, number)
  const id = `${seed}:${number}`
  // Wild ones may end in more than one way; from calm ones the model knows every byte.
  const wild = random.chance(0.3)
  // More than the kernel takes at once while a reader sleeps, so that the proxy has to keep what it was given.
  const flood = random.chance(0.01)
  const stream = generateStream(random, id, { wild, flood })
  const writes = generateWrites(random, stream.length, flood)
  const pauses: Record<number, number> = {}
  for (let count = random.below(3); count > 0; count--) pauses[random.below(writes.length + 1)] = random.between(1, 20)
  return {
    id,
    stream,
    writes,
    pauses,
    ending: random.pick(wild ? ['fin', 'fin-late', 'reset', 'reset-late'] : ['fin', 'fin-late', 'fin-late']),
    intercepts: random.pick(['none', 'some', 'some', 'some', 'some', 'some', wild ? 'flips' : 'some']),
    app: generateRecipes(random, { wild, flood, side: 'app' }),
    developer: generateRecipes(random, { wild, flood, side: 'developer' }),
    serverFirst: wild && random.chance(0.1),
    slowReading: generateSlowReading(random, flood)
  }
}

function generateSlowReading (random: Random, flood: boolean): FuzzCase['slowReading'] {
  if (flood) return { everyBytes: 1_000_000, pauseMs: 120 }
  if (random.chance(0.85)) return undefined
  return { everyBytes: random.pick([1000, 40_000, 200_000]), pauseMs: random.between(1, 20) }
}

type Kind = { readonly wild: boolean, readonly flood: boolean }

function generateStream (random: Random, id: string, { wild, flood }: Kind): Buffer {
  if (!flood && random.chance(0.04)) return generateOther(random, id)
  const name = id.replace(':', '-')
  const twistedAt = random.chance(0.4) ? random.below(8) : -1
  const requests: Buffer[] = random.chance(0.06) ? [proxyHead(random)] : []
  const count = random.pick([1, 1, 2, 2, 3, 4, 5, 6, 7, 8])
  for (let index = 0; index < count; index++) {
    const bodyBytes = flood && index < 2 ? 6_000_000 : bodySize(random)
    const options = { name: `${name}/${index}`, twisted: index === twistedAt, bodyBytes }
    requests.push(generateRequest(random, options))
  }
  let stream = Buffer.concat(requests)
  if (random.chance(wild ? 0.4 : 0.1)) stream = mutate(random, stream)
  return random.chance(0.08) ? stream.subarray(0, random.between(1, stream.length)) : stream
}

function bodySize (random: Random): number {
  const size = random.below(100)
  if (size < 80) return random.below(300)
  if (size < 96) return random.below(40_000)
  return size < 99 ? random.between(60_000, 400_000) : random.between(1_000_000, 2_500_000)
}

// Not HTTP at all.
function generateOther (random: Random, id: string): Buffer {
  const noise = Buffer.alloc(random.pick([1, 10, 300, 70_000]))
  for (let at = 0; at < noise.length; at++) noise[at] = random.below(256)
  return random.pick([
    noise,
    Buffer.concat([Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'), noise]),
    Buffer.from(`EHLO ${id}\r\nx-waylay-id: ${INTERCEPTED_IDS[0]}\r\n\r\n`, 'latin1'),
    Buffer.from(`*1\r\n$4\r\nPING\r\nGET / HTTP/1.1\r\nHost: x\r\nx-waylay-id: ${INTERCEPTED_IDS[0]}\r\n\r\n`, 'latin1'),
    Buffer.from(`\r\n\r\n\r\n${id}`, 'latin1')
  ])
}

// HAProxy, "The PROXY protocol", versions 1 and 2.
function proxyHead (random: Random): Buffer {
  const extension = Buffer.alloc(random.below(60), 'GET / HTTP/1.1\r\n\r\n', 'latin1')
  const length = Buffer.from([0, 12 + extension.length])
  return random.pick([
    Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 56324 8080\r\n', 'latin1'),
    Buffer.from('PROXY UNKNOWN\r\n', 'latin1'),
    Buffer.concat([Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x11', 'latin1'), length, Buffer.alloc(12, '\r\n'), extension]),
    Buffer.from('\r\n\r\n\0\r\nQUIT\n\x20\x00\0\0', 'latin1'),
    Buffer.from('PROXY TCP4 192.0.2.1\n', 'latin1')
  ])
}

// One byte at a time where that is not too many.
function generateWrites (random: Random, bytes: number, flood: boolean): number[] {
  if (flood) return Array.from({ length: 400 }, () => random.between(1, 60_000))
  const mode = random.pick(['whole', 'whole', 'some', 'some', 'bytes', 'small'])
  if (mode === 'whole') return []
  if (mode === 'bytes') return Array<number>(Math.min(bytes, 700)).fill(1)
  const largest = mode === 'small' ? 60 : Math.max(2, bytes)
  return Array.from({ length: Math.min(60, bytes) }, () => random.between(1, largest))
}
