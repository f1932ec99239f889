/**
 * Writes manifests/chart/: templates from the manifests, which stay the one source. `values.yaml` and its schema are
 * written by hand.
 *
 *   npm run chart
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VERSION } from '../common/version.ts'
import { ROOT } from './bundle.ts'
import { CERTIFICATE_EDITS, DEPLOYMENT_EDITS, PREVIEW_EDITS, type Edit } from './chart-edits.ts'

const MANIFESTS = join(ROOT, 'manifests')
export const CHART = join(MANIFESTS, 'chart')

/** One template: where its text comes from, what is changed in it, and on what it depends. */
type Template = {
  readonly source: string
  readonly edits?: readonly Edit[]
  /** What a template of Helm can ask. */
  readonly onlyIf?: string
}

/**
 * By the version: what the API server serves is unknown to `helm template`, which would leave the policies out, and
 * since 1.30 every one serves them.
 */
const HAS_POLICIES = 'semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version'

const SPECIAL: Readonly<Record<string, Template>> = {
  'namespace.yaml': { source: 'namespace.yaml', onlyIf: '.Values.createNamespace' },
  'webhook-deployment.yaml': { source: 'webhook-deployment.yaml', edits: DEPLOYMENT_EDITS },
  'pull-secret-rbac.yaml': { source: 'components/pull-secret/rbac.yaml', onlyIf: '.Values.imagePullSecret' },
  'pull-secret-policy.yaml': {
    source: 'components/pull-secret/policy.yaml', onlyIf: `and .Values.imagePullSecret (${HAS_POLICIES})`
  },
  ...Object.fromEntries(['rbac', 'service', 'disruption-budget', 'deployment'].map(name => [`preview-${name}.yaml`, {
    source: `components/preview/${name}.yaml`,
    edits: PREVIEW_EDITS[name] ?? [],
    onlyIf: '.Values.preview.domain'
  }])),
  'intercept-status-policy.yaml': { source: 'intercept-status-policy.yaml', onlyIf: HAS_POLICIES },
  'certificate-rbac.yaml': {
    source: 'examples/supplied-certificate/rbac.yaml', edits: CERTIFICATE_EDITS, onlyIf: '.Values.certificateSecret'
  }
}

/** The chart's files by their paths in it, as the manifests want them. */
export async function chartFiles (): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(MANIFESTS)).filter(name => name.endsWith('.yaml') && name !== 'kustomization.yaml')
  const templates = { ...Object.fromEntries(names.sort().map(name => [name, { source: name }])), ...SPECIAL }
  const files = await Promise.all(Object.entries(templates).map(async ([name, template]) =>
    [`templates/${name}`, writeTemplate(template, await readFile(join(MANIFESTS, template.source), 'utf8'))] as const))
  return new Map([['Chart.yaml', CHART_YAML], ...files])
}

/** @throws {Error} naming an edit whose place is not there, or not once: the manifest has changed. */
export function writeTemplate ({ source, edits = [], onlyIf }: Template, text: string): string {
  if (text.includes('{{')) throw new Error(`manifests/${source} has braces that Helm would take for its own`)
  const edited = edits.reduce((edited, edit) => applyEdit(source, edited, edit), labelVersions(source, text))
  const template = `${NOTICE.replace('SOURCE', source)}\n${edited}`
  return onlyIf === undefined ? template : `{{- if ${onlyIf} }}\n${template}{{- end }}\n`
}

const NOTICE = '# Written by build/chart.ts from manifests/SOURCE: change that.'

function applyEdit (source: string, text: string, [place, put]: Edit): string {
  const parts = text.split(place)
  if (parts.length !== 2) throw new Error(`manifests/${source} has ${parts.length - 1} times, not once: ${String(place)}`)
  return parts.join(put)
}

/** As the kustomization does: on each object, and nowhere else. */
function labelVersions (source: string, text: string): string {
  const labels = '\n  labels:\n    app.kubernetes.io/name: waylay\n'
  const documents = text.split(/^---$/m).length
  const labelled = text.replaceAll(labels, `${labels}    app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}\n`)
  const found = text.split(labels).length - 1
  if (found !== documents) throw new Error(`manifests/${source} has ${documents} objects and ${found} lists of labels`)
  return labelled
}

const CHART_YAML = `# Written by build/chart.ts.
apiVersion: v2
name: waylay
description: Answer your own requests to a shared cluster from your machine, while everybody else's go on to the app
type: application
version: ${VERSION}
appVersion: ${VERSION}
kubeVersion: ">=1.29.0-0"
`

async function main (): Promise<void> {
  await rm(join(CHART, 'templates'), { recursive: true, force: true })
  await mkdir(join(CHART, 'templates'), { recursive: true })
  for (const [name, text] of await chartFiles()) await writeFile(join(CHART, name), text)
}

if (import.meta.main) await main()
