import type { PropagateLanguage } from '../../common/contract.ts'
import type { Container, EnvironmentVariable, Pod } from './pod.ts'
import { parseQuantity } from './quantity.ts'

const OPERATOR_PREFIX = 'instrumentation.opentelemetry.io/inject-'

/** With these Node may read no file of ours, and does not start: nothing that is loaded could catch it. */
const GUARDED_NODE = /--(?:experimental-)?(?:permission|policy)(?![\w-])/

/** What comes after `-javaagent:`, as far as its options. */
const JAVA_AGENT = /-javaagent:([^\s"'=,]+)/g
/** Agents that change no class that ours changes. Of any other name nobody knows what it is made of. */
const HARMLESS_AGENT = /(?:jmx_prometheus|jacoco|jolokia)[^/]*$/i

/** As OTEL_CONFIG_FILE: where it is set, the agent obeys that file alone, past our settings, and sends what it says. */
const CONFIG_FLAG = '-Dotel.config.file'

/** Why a container would lose something, or not start, with what the language loads. */
export function findClash (container: Container, language: PropagateLanguage): string | undefined {
  const { command, args, env } = container
  const texts = [...command ?? [], ...args ?? [], ...(env ?? []).map(({ value }) => value ?? '')]
  if (language === 'nodejs') {
    const [flag] = texts.flatMap(text => GUARDED_NODE.exec(text)?.[0] ?? [])
    return flag === undefined ? undefined : `its Node runs with ${flag}, which lets it read no file of ours`
  }
  if (language !== 'java') return undefined
  const agent = texts.flatMap(text => [...text.matchAll(JAVA_AGENT)].map(([, path = '']) => path))
    .find(path => !HARMLESS_AGENT.test(path))
  // Two agents of OpenTelemetry in one JVM: the first decides, with its settings, and the other one's spans are lost.
  if (agent !== undefined) return `it has an agent of its own, ${agent.slice(0, 60)}`
  const setting = (env ?? []).find(({ name }) => name.startsWith('OTEL_JAVAAGENT_'))
  if (setting !== undefined) return `its ${setting.name} is for an OpenTelemetry agent of its own`
  const file = texts.some(text => text.includes(CONFIG_FLAG)) ? CONFIG_FLAG : (env ?? []).find(isConfigFile)?.name
  return file === undefined ? undefined : `its ${file} is for an OpenTelemetry of its own, and our agent would obey it`
}

function isConfigFile ({ name, value }: EnvironmentVariable): boolean {
  return name === 'OTEL_CONFIG_FILE' && value !== ''
}

/** OpenTelemetry's operator adds its own instrumentation to such a pod, after us. The pod's annotation wins. */
export function operatorClash (
  { metadata }: Pod, namespaceAnnotations: Readonly<Record<string, string>>, language: PropagateLanguage
): string | undefined {
  const key = [language, 'sdk'].map(name => `${OPERATOR_PREFIX}${name}`).find(key => {
    const value = metadata?.annotations?.[key] ?? namespaceAnnotations[key] ?? 'false'
    return value.toLowerCase() !== 'false'
  })
  return key === undefined ? undefined : `the pod has OpenTelemetry by ${key}`
}

/** Java's agent has 26 MiB, which the kubelet counts as the pod's: beyond the sum of its limits it ends the pod. */
const LEAST_STORAGE = '256Mi'

/** Only for `java`: what the others load is small. */
export function storageClash ({ spec }: Pod, language: PropagateLanguage): string | undefined {
  const limits = spec.containers.flatMap(({ resources }) => parseQuantity(resources?.limits?.['ephemeral-storage']) ?? [])
  if (language !== 'java' || limits.length === 0) return undefined
  const isEnough = limits.reduce((sum, limit) => sum + limit, 0n) >= (parseQuantity(LEAST_STORAGE) ?? 0n)
  return isEnough ? undefined : `the pod's limits of ephemeral-storage are less than ${LEAST_STORAGE} together`
}
