import { isOff, upperName, type FoundVariable } from './found-variable.ts'

const SWITCHES = /(^|_)(CRON|CRONTAB|CRONJOBS?|SCHEDULERS?|SCHEDULED_(JOBS?|TASKS?))(_ENABLED?|_ACTIVE|_ON)?$|^(ENABLE|RUN|START)_(CRON|SCHEDUL)\w*$/
const TIMES = /(^|_)(CRON|SCHEDULE)(_|$)/
// Five or six fields of which one is a star, as no other text looks; or a word for them.
const CRON = /^\s*(@(yearly|annually|monthly|weekly|daily|hourly|reboot|every\s+\S+)|(?=.*\*)([\d*/,?L#-]+|[a-z]{3}([,-][a-z]{3})*)(\s+([\d*/,?LW#-]+|[a-z]{3}([,-][a-z]{3})*)){4,5})\s*$/i
const PROGRAMS = /(?:^|[\s/'"])(crond?|supercronic|celery\b.*\bbeat|clockwork|schedule:work|rq(?:\s+|-)scheduler|sidekiq-cron)(?=[\s'"]|$)/i

/** Whether it makes the app do something by the clock, which original and copy would both do. */
export function isSchedule ({ name, value }: FoundVariable): boolean {
  const upper = upperName(name)
  if (value !== undefined && CRON.test(value)) return true
  if (isOff(value)) return false
  return SWITCHES.test(upper) || (TIMES.test(upper) && value === undefined)
}

/** The program on a command line that works by the clock; undefined where none does. */
export function findScheduler (commandLine: string): string | undefined {
  return PROGRAMS.exec(commandLine)?.[1]
}
