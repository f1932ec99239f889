import { join } from 'node:path'
import { openBrowser } from '../../test/helpers/browser.ts'
import { eventually } from '../../test/helpers/kube.ts'
import { openPreviewGateway } from '../../test/helpers/preview-gateway.ts'
import { waylay } from '../../test/helpers/waylay.ts'
import type { Scene, Undo } from './scene.ts'

const SIZE = { width: 900, height: 400 } as const

/** What somebody with a link sees when it was taken back; before that they see the shop. */
export async function takeShared (t: Undo, { namespace, id, folder }: Scene): Promise<readonly string[]> {
  const gateway = await openPreviewGateway()
  t.teardown(gateway.close)
  const { stdout } = await waylay(['preview', 'storefront', '--share', '-n', namespace, '--id', id, '--output', 'json'])
  const link = JSON.parse(stdout) as { readonly url: string, readonly name: string }
  const browser = await openBrowser({
    viewport: SIZE, scale: 2, trust: gateway.certificate, hostRules: [`MAP *.${gateway.domain}:443 127.0.0.1:${gateway.port}`]
  })
  t.teardown(browser.close)
  const page = await browser.newPage()
  await page.goto(link.url)
  await page.getByText(/live: .*payments by developer/).waitFor()
  await waylay(['preview', 'revoke', link.name, '-n', namespace])
  await eventually('the link is taken back', async () => {
    await page.reload()
    return await page.getByText('This link was taken back.').isVisible() || undefined
  })
  const ended = join(folder, 'preview-ended.png')
  await page.screenshot({ path: ended })
  return [ended]
}
