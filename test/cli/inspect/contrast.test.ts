import { readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'ava'

const tokens = readFileSync(path.join(import.meta.dirname, '../../../cli/inspect/page/tokens.css'), 'utf8')
const pairs = new Map([...tokens.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)]
  .map(([, name = '', light = '', dark = '']) => [name, [light, dark]] as const))

/** WCAG 2.2, relative luminance. */
function luminance (color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map(at => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast (a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light + 0.05) / (dark + 0.05)
}

test('text on every ground of the page has a contrast of 4.5 in light and dark', t => {
  const poor: string[] = []
  for (const [ink, grounds] of [
    ...['ink', 'soft'].map(ink => [ink, ['ground', 'surface', 'raised', 'accent-wash']] as const),
    ...['good', 'info', 'warn', 'bad', 'accent'].map(ink => [ink, ['surface', 'ground', 'accent-wash']] as const),
    ['bad', ['bad-wash']] as const, ['accent-ink', ['accent']] as const
  ]) {
    for (const ground of grounds) {
      for (const scheme of [0, 1] as const) {
        const found = contrast(pairs.get(ink)![scheme], pairs.get(ground)![scheme])
        if (found < 4.5) poor.push(`${ink} on ${ground}, ${scheme === 0 ? 'light' : 'dark'}: ${found.toFixed(2)}`)
      }
    }
  }
  t.deepEqual(poor, [])
  t.is(contrast('#000000', '#ffffff'), 21)
})
