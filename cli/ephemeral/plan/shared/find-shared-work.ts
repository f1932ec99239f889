import { expandReferences } from '../../../environment/expand.ts'
import { showText } from '../../../terminal/show-text.ts'
import type { TemplateContainer } from '../pod-template.ts'
import { findGroupFlag, isConsumerGroup } from './consumer-groups.ts'
import type { FoundVariable } from './found-variable.ts'
import { findMigration, isMigration, isMigrator } from './migrations.ts'
import { findScheduler, isSchedule } from './schedules.ts'
import { findWorker, isWorkQueue } from './work-queues.ts'

/** What an app does beside answering requests, that its copy would do too. */
export type SharedWork = {
  readonly kind: 'group' | 'queue' | 'schedule' | 'migration'
  readonly container: string
  /** `KAFKA_GROUP_ID=payments`, `celery worker`: for people. */
  readonly sign: string
  /** Name of the variable, where it is one: another value ends it. */
  readonly variable?: string
  /** Of the variable, whole: the sign has no secrets. */
  readonly value?: string | undefined
}

const MAX_SHOWN_LENGTH = 80

const VARIABLES = [
  ['group', isConsumerGroup], ['queue', isWorkQueue], ['schedule', isSchedule], ['migration', isMigration]
] as const

const PROGRAMS = [
  ['group', findGroupFlag], ['queue', findWorker], ['schedule', findScheduler], ['migration', findMigration]
] as const

/** Looks for it in a container. @param variables all that it has, as far as they are known. */
export function findSharedWork (
  container: TemplateContainer, variables: readonly FoundVariable[], isInit: boolean
): readonly SharedWork[] {
  const { name, command = [], args = [] } = container
  const commandLine = expand([...command, ...args].join(' '), variables)
  const byName: readonly SharedWork[] = isInit && isMigrator(name)
    ? [{ kind: 'migration', container: name, sign: `init container ${name}` }]
    : []
  const byProgram = PROGRAMS.flatMap(([kind, find]): readonly SharedWork[] => {
    const sign = find(commandLine)
    return sign === undefined ? [] : [{ kind, container: name, sign }]
  })
  const byVariable = variables.flatMap((variable): readonly SharedWork[] => {
    const [kind] = VARIABLES.find(([, isIt]) => isIt(variable)) ?? []
    if (kind === undefined || isOwn(variable)) return []
    const sign = variable.value === undefined ? variable.name : `${variable.name}=${toShown(variable.value)}`
    return [{ kind, container: name, sign, variable: variable.name, value: variable.value }]
  })
  return [...byName, ...byProgram.filter(({ kind }) => byName.every(other => other.kind !== kind)), ...byVariable]
}

/** As the kubelet does, and as a shell does: so that another value of a variable is another command line. */
function expand (commandLine: string, variables: readonly FoundVariable[]): string {
  const values = new Map(variables.map(({ name, value }) => [name, value]))
  return expandReferences(commandLine, name => values.get(name))
    .replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (text: string, braced?: string, plain?: string) => values.get(braced ?? plain ?? '') ?? text)
}

/** It stands in the logs of jobs: an address without who logs in there, and without the keys behind it. */
function toShown (value: string): string {
  const withoutKeys = value.replaceAll(/\/\/[^\s?]*@/g, '//…@').replaceAll(/([?;])\S.*/gs, '$1…')
  return showText(withoutKeys).slice(0, MAX_SHOWN_LENGTH)
}

/** Somebody has prepared for environments: in the copy the value is another one. */
function isOwn ({ value = '' }: FoundVariable): boolean {
  return value.includes('$(WAYLAY_ENV)')
}
