import { PROPAGATE_DIR, type PropagateLanguage } from '../../common/contract.ts'
import type { Container, EnvironmentVariable } from './pod.ts'

/** The one environment variable by which a language loads something before the app. */
export type LanguageVariable = {
  readonly name: string
  /** Between parts of its value. */
  readonly separator: string
  readonly ours: readonly string[]
  /** Where ours stand among theirs. */
  readonly place: 'front' | 'end'
}

type Environment = readonly EnvironmentVariable[]

export const LANGUAGE_VARIABLES: Readonly<Record<PropagateLanguage, LanguageVariable>> = {
  nodejs: {
    name: 'NODE_OPTIONS',
    separator: ' ',
    // Not --import: a Node before 18.18 would refuse to start.
    ours: [`--require=${PROPAGATE_DIR}/nodejs/register.cjs`],
    place: 'end'
  },
  java: {
    name: 'JAVA_TOOL_OPTIONS',
    separator: ' ',
    ours: [
      `-javaagent:${PROPAGATE_DIR}/java/opentelemetry-javaagent.jar`,
      `-Dotel.javaagent.configuration-file=${PROPAGATE_DIR}/java/agent.properties`
    ],
    place: 'end'
  },
  // Of several sitecustomize.py Python takes the first; ours runs the next one.
  python: { name: 'PYTHONPATH', separator: ':', ours: [`${PROPAGATE_DIR}/python`], place: 'front' }
}

/** What the app's own value is called where it cannot be read here, so that Kubernetes puts it into ours. */
export function helperName ({ name }: LanguageVariable): string {
  return `WAYLAY_APP_${name}`
}

/**
 * The container's environment with ours added to the variable, or why that cannot be had without losing what the app
 * has. A value set inside the image is in neither: nobody here knows it.
 */
export function withOurs (
  { env, envFrom }: Container, variable: LanguageVariable
): { readonly env: Environment } | { readonly why: string } {
  const before = env ?? []
  const { name } = variable
  const place = before.findLastIndex(item => item.name === name)
  const theirs = before[place]
  if (before.some(item => item.name === helperName(variable))) return { why: `it has a variable ${helperName(variable)}` }
  if (theirs === undefined) {
    const isUnknown = (envFrom ?? []).some(({ prefix }) => name.startsWith(prefix ?? ''))
    if (isUnknown) return { why: `its envFrom may hold ${name}, which nobody can add to; name ${name} in env, empty or not` }
    return { env: [...before, { name, value: joined('', variable) }] }
  }
  if (isOptional(theirs)) return { why: `its ${name} comes from a source that may be missing (optional)` }
  const value = theirs.value ?? ''
  if (theirs.valueFrom == null && value !== '') {
    if (isThere(value, variable)) return { why: `its ${name} has ours already` }
    return { env: before.with(place, { ...theirs, value: joined(value, variable) }) }
  }
  // Kubernetes puts a variable into those that come after it in the list.
  const reference = theirs.valueFrom == null ? '' : `$(${helperName(variable)})`
  const kept = { ...theirs, name: helperName(variable) }
  return { env: before.toSpliced(place, 1, kept, { name, value: joined(reference, variable) }) }
}

/** The environment as it was before `withOurs`. */
export function withoutOurs (env: Environment): Environment {
  return Object.values(LANGUAGE_VARIABLES).reduce(takeOut, env)
}

function takeOut (env: Environment, variable: LanguageVariable): Environment {
  const { name, separator, ours } = variable
  const place = env.findLastIndex(item => item.name === name)
  const { value } = env[place] ?? {}
  if (value === undefined || !isThere(value, variable)) return env
  const rest = value.split(separator).filter(part => !ours.includes(part)).join(separator)
  const helper = helperName(variable)
  if (env.some(item => item.name === helper)) {
    return env.toSpliced(place, 1).map(item => item.name === helper ? { ...item, name } : item)
  }
  return rest === '' ? env.toSpliced(place, 1) : env.with(place, { ...env[place], name, value: rest })
}

function joined (theirs: string, { separator, ours, place }: LanguageVariable): string {
  const parts = theirs === '' ? [] : [theirs]
  return (place === 'front' ? [...ours, ...parts] : [...parts, ...ours]).join(separator)
}

function isThere (value: string, { separator, ours }: LanguageVariable): boolean {
  return value.split(separator).some(part => ours.includes(part))
}

// A missing one would leave "$(WAYLAY_APP_NODE_OPTIONS)" in the value, and Node would not start.
function isOptional ({ valueFrom }: EnvironmentVariable): boolean {
  return Object.values(valueFrom ?? {}).some(source => source?.optional === true)
}
