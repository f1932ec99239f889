import type { Random } from './random.ts'

/** Bytes that mean something to a reader of HTTP/1.x. */
const TELLING = Buffer.from('\r\n\0 \t:;,=/10aHGx-\x7f\x80\xff', 'latin1')
const TELLING_TEXTS = ['\r\n', '\r\n\r\n', '\n', '\r', '\n\n', '\0', ' ', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n']

/** A few changes of bytes, most of them where heads are. */
export function mutate (random: Random, stream: Buffer): Buffer<ArrayBuffer> {
  let bytes = Buffer.from(stream)
  for (let count = random.between(1, 3); count > 0 && bytes.length > 0; count--) {
    const at = random.below(random.chance(0.7) ? Math.min(400, bytes.length) : bytes.length)
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
    switch (random.pick(['flip', 'put', 'cut', 'insert', 'repeat'])) {
      case 'flip':
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
        break
      case 'put':
        bytes[at] = TELLING[random.below(TELLING.length)] ?? 0
        break
      case 'cut':
        bytes = Buffer.concat([before, after.subarray(random.between(1, 6))])
        break
      case 'insert':
        bytes = Buffer.concat([before, Buffer.from(random.pick(TELLING_TEXTS), 'latin1'), after])
        break
      default:
        bytes = Buffer.concat([before, after.subarray(0, random.between(1, 200)), after])
    }
  }
  return bytes
}
