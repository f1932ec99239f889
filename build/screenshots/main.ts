/**
 * Takes the pictures of docs/images from the real thing: a shop in a cluster, of which Maria answers payments.
 *
 *   npm run screenshots
 *
 * Uses the cluster that is up, or brings one up and takes it down at the end. Also draws the extension's icons.
 */
import { mkdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setUpWaylay } from '../../demo/set-up.ts'
import { makeNamespace } from '../../test/helpers/namespace.ts'
import { deployShop, startPayments } from '../../test/helpers/shop.ts'
import { startIntercept } from '../../test/helpers/waylay.ts'
import { ROOT } from '../bundle.ts'
import { drawIcons } from './icons.ts'
import { takeExtension } from './extension.ts'
import { takeInspector } from './inspector.ts'
import { takePreview } from './preview.ts'
import { takeShared } from './shared.ts'

/** What is drawn shows this value; it is nobody's. */
const ID = 'maria-3fk27d4a'

const undo: Array<() => unknown> = []
const all = { teardown: (step: () => unknown) => { undo.unshift(step) } }

try {
  await takeAll()
} finally {
  for (const step of undo) await step()
}

async function takeAll (): Promise<void> {
  const folder = join(ROOT, 'docs/images')
  await mkdir(folder, { recursive: true })
  await setUpWaylay({
    progress: line => console.error(line),
    signal: new AbortController().signal,
    atEnd: (_what, step) => all.teardown(step),
    atEndUnlessKept: (_what, step) => all.teardown(step)
  })
  const namespace = await makeNamespace(all, { annotations: { 'waylay.dev/previews': 'allow' } })
  await deployShop(namespace)
  const port = String(await startPayments(all))
  const { events } = await startIntercept(all, ['payments', '-n', namespace, '--port', port, '--id', ID, '--inspect'])
  const scene = { namespace, id: ID, folder }
  const files = [
    ...await drawIcons(),
    ...await takePreview(all, scene),
    ...await takeExtension(all, scene),
    // After the pages above were loaded: there are requests to show.
    ...await takeInspector(String(events.find(({ event }) => event === 'inspector')?.['url']), scene),
    ...await takeShared(all, scene)
  ]
  for (const file of files) console.log(relative(ROOT, file))
}
