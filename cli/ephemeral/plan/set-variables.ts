import { ENVIRONMENT_VARIABLE } from '../../../common/contract.ts'
import type { EnvVar } from '../../cluster/pod-spec.ts'

export type Variable = { readonly name: string, readonly value: string }

/**
 * A container's variables with others set. One that it has is changed where it stands, because `$(NAME)` sees only what
 * is above it; a new one comes last and sees all of them, but above the first that refers to it.
 */
export function setVariables (env: readonly EnvVar[], wanted: readonly Variable[]): readonly EnvVar[] {
  // The last of a name counts, as for the kubelet; server-side apply refuses two.
  const last = new Map(env.map((variable, index) => [variable.name, index]))
  const result: EnvVar[] = env.filter(({ name }, index) => last.get(name) === index)
  for (const { name, value } of new Map(wanted.map(variable => [variable.name, variable])).values()) {
    const at = result.findIndex(variable => variable.name === name)
    const referring = result.findIndex(variable => variable.value?.includes(`$(${name})`) === true)
    if (at !== -1) result[at] = { name, value }
    else result.splice(referring === -1 ? result.length : referring, 0, { name, value })
  }
  return result
}

/** The one variable of ours. */
export function environmentVariable (environment: string): Variable {
  return { name: ENVIRONMENT_VARIABLE, value: environment }
}
