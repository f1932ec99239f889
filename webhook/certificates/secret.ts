import { SECRET_ANNOTATIONS } from '../../common/contract.ts'
import type { SecretEntries } from './entries.ts'
import type { RotationMarks } from './rotation.ts'

export type Annotations = Readonly<Record<string, string>>

/** A Secret as it was read. */
export type FoundSecret = {
  readonly entries: SecretEntries
  readonly annotations: Annotations
  /** Replaces both, and nothing else of it. False when it is no longer the version that was read. */
  readonly replace: (entries: SecretEntries, annotations: Annotations) => Promise<boolean>
}

/** Where the keys are kept. Two replicas may write at once: whoever loses reads again. */
export type KeyStore = {
  readonly read: () => Promise<FoundSecret | undefined>
  /** False when somebody else made it first. */
  readonly create: (entries: SecretEntries) => Promise<boolean>
}

/** Reads how far a rotation is. */
export function readMarks (annotations: Annotations): RotationMarks {
  return {
    asked: annotations[SECRET_ANNOTATIONS.rotate],
    begun: annotations[SECRET_ANNOTATIONS.rotating],
    done: annotations[SECRET_ANNOTATIONS.rotated]
  }
}

/** The annotations with these marks; what is not ours stays, and so does what was asked. */
export function writeMarks (annotations: Annotations, { begun, done }: RotationMarks): Annotations {
  const ours: readonly string[] = [SECRET_ANNOTATIONS.rotating, SECRET_ANNOTATIONS.rotated]
  const others = Object.fromEntries(Object.entries(annotations).filter(([name]) => !ours.includes(name)))
  return {
    ...others,
    ...(begun !== undefined && { [SECRET_ANNOTATIONS.rotating]: begun }),
    ...(done !== undefined && { [SECRET_ANNOTATIONS.rotated]: done })
  }
}
