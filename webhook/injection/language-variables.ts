import { PROPAGATE_DIR, type PropagateLanguage } from '../../common/contract.ts'
import type { Container, EnvironmentVariable } from './pod.ts'

/** The one environment variable by which a language loads something before the app. */
export type LanguageVariable = {
  readonly name: string
  /** Between parts of its value. */
  readonly separator: string
  readonly ours: string
  /** Where ours stands beside theirs. */
  readonly place: 'front' | 'end'
}

type Environment = readonly EnvironmentVariable[]

export const LANGUAGE_VARIABLES: Readonly<Record<PropagateLanguage, LanguageVariable>> = {
  nodejs: {
    name: 'NODE_OPTIONS',
    separator: ' ',
    // Not --import, and no "=": a Node before 18.18, and one before 10, would refuse to start.
    ours: `--require ${PROPAGATE_DIR}/nodejs/register.cjs`,
    place: 'end'
  },
  java: {
    name: 'JAVA_TOOL_OPTIONS',
    separator: ' ',
    ours: [
      `-javaagent:${PROPAGATE_DIR}/java/opentelemetry-javaagent.jar`,
      `-Dotel.javaagent.configuration-file=${PROPAGATE_DIR}/java/agent.properties`,
      // Not in that file: a variable of the app's would count before it, and the agent would send spans.
      `-Dotel.javaagent.extensions=${PROPAGATE_DIR}/java/propagation-only.jar`
    ].join(' '),
    place: 'end'
  },
  // Of several sitecustomize.py Python takes the first; ours runs the next one.
  python: { name: 'PYTHONPATH', separator: ':', ours: `${PROPAGATE_DIR}/python`, place: 'front' }
}

/** What the app's own value is called where it cannot be read here, so that Kubernetes puts it into ours. */
export function helperName ({ name }: LanguageVariable): string {
  return `WAYLAY_APP_${name}`
}

/**
 * The container's environment with ours added to the variable, or why that cannot be had without losing what the app
 * has. A value set inside the image is in neither: nobody here knows it.
 *
 * @returns `isAlone`: a value of the image's, if there is one, is hidden.
 */
export function withOurs (
  { env, envFrom }: Container, variable: LanguageVariable
): { readonly env: Environment, readonly isAlone: boolean } | { readonly why: string } {
  const before = env ?? []
  const { name } = variable
  const place = before.findLastIndex(item => item.name === name)
  const theirs = before[place]
  if (before.some(item => item.name === helperName(variable))) return { why: `it has a variable ${helperName(variable)}` }
  if (theirs === undefined) {
    const isUnknown = (envFrom ?? []).some(({ prefix }) => name.startsWith(prefix ?? ''))
    if (isUnknown) return { why: `its envFrom may hold ${name}, which nobody can add to; name ${name} in env, empty or not` }
    return { env: [...before, { name, value: joined('', variable) }], isAlone: true }
  }
  if (isOptional(theirs)) return { why: `its ${name} comes from a source that may be missing (optional)` }
  const value = theirs.value ?? ''
  if (theirs.valueFrom == null && value !== '') {
    if (withoutPart(value, variable) !== undefined) return { why: `its ${name} has ours already` }
    return { env: before.with(place, { ...theirs, value: joined(value, variable) }), isAlone: false }
  }
  // Kubernetes puts a variable into those that come after it in the list.
  const reference = theirs.valueFrom == null ? '' : `$(${helperName(variable)})`
  const kept = { ...theirs, name: helperName(variable) }
  return { env: before.toSpliced(place, 1, kept, { name, value: joined(reference, variable) }), isAlone: false }
}

/** The environment as it was before `withOurs`. */
export function withoutOurs (env: Environment): Environment {
  return Object.values(LANGUAGE_VARIABLES).reduce(takeOut, env)
}

function takeOut (env: Environment, variable: LanguageVariable): Environment {
  const { name } = variable
  const place = env.findLastIndex(item => item.name === name)
  const { value } = env[place] ?? {}
  const rest = value === undefined ? undefined : withoutPart(value, variable)
  if (rest === undefined) return env
  const helper = helperName(variable)
  if (env.some(item => item.name === helper)) {
    return env.toSpliced(place, 1).map(item => item.name === helper ? { ...item, name } : item)
  }
  return rest === '' ? env.toSpliced(place, 1) : env.with(place, { ...env[place], name, value: rest })
}

function joined (theirs: string, { separator, ours, place }: LanguageVariable): string {
  const parts = theirs === '' ? [] : [theirs]
  return (place === 'front' ? [ours, ...parts] : [...parts, ours]).join(separator)
}

/** A value without ours, or undefined where ours is not in it. */
function withoutPart (value: string, { separator, ours }: LanguageVariable): string | undefined {
  const parts = `${separator}${value}${separator}`
  const start = parts.indexOf(`${separator}${ours}${separator}`)
  if (start < 0) return undefined
  return (parts.slice(0, start) + parts.slice(start + separator.length + ours.length)).slice(1, -1)
}

// A missing one would leave "$(WAYLAY_APP_NODE_OPTIONS)" in the value, and Node would not start.
function isOptional ({ valueFrom }: EnvironmentVariable): boolean {
  return Object.values(valueFrom ?? {}).some(source => source?.optional === true)
}
