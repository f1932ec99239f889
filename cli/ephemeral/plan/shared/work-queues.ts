import { isNoName, upperName, type FoundVariable } from './found-variable.ts'

const NAMES: readonly RegExp[] = [
  /(^|_)QUEUES?(_?(NAMES?|URLS?|ARNS?|ID))?$/,
  /(^|_)SQS_([A-Z0-9]+_)*(URL|NAME|ARN)$/
]

// Programs that do nothing but take jobs out of a queue.
const PROGRAMS = /(?:^|[\s/'"])(celery\b.*\bworker|sidekiq|rqworker|rq\s+worker|dramatiq|huey_consumer|resque|(?:jobs|queue):work|bullmq)(?=[\s'"]|$)/i

/** Whether it names a queue: the app may put jobs into it, or take the original's out of it. */
export function isWorkQueue ({ name, value }: FoundVariable): boolean {
  return NAMES.some(known => known.test(upperName(name))) && !isNoName(value)
}

/** The worker that a command line starts; undefined where it starts none. */
export function findWorker (commandLine: string): string | undefined {
  return PROGRAMS.exec(commandLine)?.[1]
}
