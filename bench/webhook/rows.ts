import type { RowHead } from '../report.ts'

/** Every row, in the order in which they are measured. */
export const WEBHOOK_ROW_NAMES = ['steady', 'sustained', 'readiness', 'images'] as const

export type WebhookRowName = typeof WEBHOOK_ROW_NAMES[number]

export type WebhookRow = RowHead & { readonly name: WebhookRowName, readonly sides: readonly string[] }

/** Reviews each second, sent at fixed times whether the last one was answered or not. */
export const STEADY_PER_SECOND = 200

/** Connections that always wait for an answer, as the API server keeps a few. */
export const SUSTAINED_CONNECTIONS = 16

/** The rows by their names. */
export const WEBHOOK_ROWS: readonly WebhookRow[] = [
  {
    name: 'steady',
    about: `${STEADY_PER_SECOND} reviews a second, sent at fixed times; the time from then to the whole answer`,
    sides: ['webhook'],
    fields: ['p99Ms', 'p50Us', 'requestsPerSecond', 'cpuUs']
  },
  {
    name: 'sustained',
    about: `as many reviews as are answered, ${SUSTAINED_CONNECTIONS} at a time`,
    sides: ['webhook'],
    fields: ['requestsPerSecond', 'p99Ms', 'cpuUs']
  },
  {
    name: 'readiness',
    about: 'one pod after the other, image present, from its creation to Ready. bare: any init container and any ' +
      'native sidecar, which do nothing, in place of ours',
    sides: ['plain', 'waylay', 'bare'],
    fields: ['wholeMs']
  },
  {
    name: 'images',
    about: 'layers of each image, each compressed by gzip',
    sides: ['sidecar', 'webhook', 'cli'],
    fields: ['compressedMb']
  }
]
