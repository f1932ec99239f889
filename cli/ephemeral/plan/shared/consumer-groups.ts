import { isNoName, upperName, type FoundVariable } from './found-variable.ts'

// What is only ever there to take a part of the work. A group of another kind (of Linux, AWS security, logs) is not.
const NAMES: readonly RegExp[] = [
  /(^|_)CONSUMER_?GROUPS?(_?(ID|NAME))?$/,
  /(^|_)KAFKA_([A-Z0-9]+_)*GROUP(_?(ID|NAME))?$/,
  /^(APP_|SERVICE_)?GROUP_ID$/,
  /^SPRING_CLOUD_STREAM_BINDINGS_.+_GROUP$/,
  /(^|_)NATS_([A-Z0-9]+_)*(DURABLE|QUEUE_GROUP)(_NAME)?$/,
  /(^|_)(JETSTREAM|STAN)_([A-Z0-9]+_)*DURABLE(_NAME)?$/,
  /(^|_)(PUBSUB|PULSAR|SERVICE_?BUS|SERVICEBUS)_([A-Z0-9]+_)*SUBSCRIPTION(_?(ID|NAME))?$/
]

const FLAGS = /(?:^|[\s'"])-{1,2}D?(?:[\w.]*\.)?(?:consumer[.-]?group(?:[.-]?(?:id|name))?|(?:kafka[.-])?group[.-]id)[=\s]+['"]?([^\s'"]+)/i

/** Whether it names a consumer group or a subscription, whose messages original and copy would share out. */
export function isConsumerGroup ({ name, value }: FoundVariable): boolean {
  return NAMES.some(known => known.test(upperName(name))) && !isNoName(value)
}

/** The flag on a command line that names one; undefined where none does. */
export function findGroupFlag (commandLine: string): string | undefined {
  return FLAGS.exec(commandLine)?.[0].trim()
}
