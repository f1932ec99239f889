import { WaylayError } from '../../../common/errors.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import { digestPreviewToken, newPreviewToken, previewName, type Preview } from '../../../intercepts/preview.ts'
import { getIntercept, listIntercepts, updateIntercept, whoAmI } from '../../cluster/intercepts.ts'
import { openCluster, type Cluster } from '../../cluster/kubeconfig.ts'
import type { CliDeps } from '../../deps.ts'
import type { PreviewFlags } from '../../flags.ts'
import { showText } from '../../terminal/show-text.ts'
import { chooseMarks } from '../choose-marks.ts'
import { findPreviewed, readServiceName } from '../previewed-service.ts'
import { changePreviews, type ChangeDeps } from './change-previews.ts'
import { chooseIntercept } from './choose-intercept.ts'
import { shareablePort } from './shareable-port.ts'
import { DEFAULT_SHARE_MS } from './ttl.ts'

/**
 * Makes a link to a Service that adds the headers of the caller's own intercept, and prints it: it is stored nowhere.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`, `WAYLAY_INTERCEPT_UNKNOWN`, `WAYLAY_PREVIEW_UNFIT`, or why the webhook refused.
 */
export async function share (serviceText: string, flags: PreviewFlags, deps: CliDeps): Promise<void> {
  refuseFlags(serviceText, flags)
  const name = readServiceName(serviceText)
  const marks = await chooseMarks(flags, deps)
  const cluster = openCluster(flags, deps)
  try {
    const { namespace } = cluster
    const service = await findPreviewed(cluster, name)
    const port = shareablePort(service, flags.port?.service)
    const [me, intercepts] = await Promise.all([whoAmI(cluster), listIntercepts(cluster, namespace)])
    const areMarksGiven = flags.id !== undefined || flags.httpHeader !== undefined
    const choice = { me, name: flags.intercept, marks, areMarksGiven, namespace, nowMs: cluster.serverNowMs() }
    const intercept = chooseIntercept(intercepts, choice)
    const token = newPreviewToken()
    const preview = newPreview(token, intercept, {
      service: name, port, endMs: cluster.serverNowMs() + (flags.ttl ?? DEFAULT_SHARE_MS)
    })
    const withIt = (previews: readonly Preview[]) => [...previews.filter(isOpen(cluster)), preview]
    const stored = await changePreviews(intercept, withIt, depsOf(cluster))
    print(token, preview, stored, flags, deps)
  } finally {
    cluster.close()
  }
}

/** How an Intercept's previews are changed in a cluster. */
export function depsOf (cluster: Cluster): ChangeDeps {
  return {
    read: async ({ metadata: { namespace, name } }) => await getIntercept(cluster, namespace, name),
    update: async object => await updateIntercept(cluster, object)
  }
}

function newPreview (token: string, { metadata, spec }: Intercept, given: {
  readonly service: string
  readonly port: number
  readonly endMs: number
}): Preview {
  const holder = { namespace: metadata.namespace, intercept: metadata.name, owner: spec.owner ?? '' }
  return {
    name: previewName(token),
    tokenDigest: digestPreviewToken(token, holder),
    service: given.service,
    port: given.port,
    expiresAt: new Date(given.endMs).toISOString()
  }
}

/** Links that have expired make room. */
function isOpen (cluster: Cluster): (preview: Preview) => boolean {
  return ({ expiresAt }) => Date.parse(expiresAt) > cluster.serverNowMs()
}

function print (token: string, preview: Preview, stored: Intercept, flags: PreviewFlags, { output }: CliDeps): void {
  const { metadata: { namespace, name: intercept }, spec } = stored
  const domain = spec.previews?.find(({ name }) => name === preview.name)?.domain
  if (domain === undefined) {
    throw new WaylayError('WAYLAY_PREVIEW_NO_GATEWAY', 'The webhook of this cluster knows no shared previews')
  }
  const url = `https://${token}.${domain}/`
  const { name, service, port, expiresAt } = preview
  if (flags.output === 'json') {
    output.result(JSON.stringify({ url, name, host: `${name}.${domain}`, namespace, service, port, intercept, expiresAt }, null, 2))
  } else {
    output.result(url)
  }
  output.note(showText(`Whoever has this link sees ${namespace}/${service} port ${port} with your intercept of ${spec.workload}, until ${expiresAt} or until it ends.`))
  output.note('It is not shown again.')
  output.note(`Take it back:  waylay preview revoke ${name} -n ${namespace}`)
}

function refuseFlags (service: string, { open, hostHeader, port, for: duration }: PreviewFlags): void {
  if (duration !== undefined) {
    throw new WaylayError('WAYLAY_USAGE', '--for is for a preview on this machine; how long a link lives says --ttl',
      { hint: `Write --ttl instead: waylay preview ${service} --share --ttl 2h` })
  }
  const flag = open === true ? '--open' : hostHeader !== undefined ? '--host-header' : undefined
  const what = flag ?? (port?.listen === undefined ? undefined : `The first number of --port, ${port.listen},`)
  if (what === undefined) return
  throw new WaylayError('WAYLAY_USAGE', `${what} is for a preview on this machine, and --share makes a link`,
    { hint: 'Leave one of the two out.' })
}
