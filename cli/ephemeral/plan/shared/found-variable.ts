/** A variable of a container, as far as its value may be looked at. */
export type FoundVariable = {
  readonly name: string
  /** Undefined: it is in a Secret, or nowhere that may be read. */
  readonly value: string | undefined
}

/** `spring.kafka.consumer.group-id`, `kafkaGroupId` -> `SPRING_KAFKA_CONSUMER_GROUP_ID`, `KAFKA_GROUP_ID`. */
export function upperName (name: string): string {
  return name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').replaceAll(/[.-]/g, '_').toUpperCase()
}

/** Whether a value switches something off, or is none. */
export function isOff (value: string | undefined): boolean {
  return value !== undefined && /^\s*(|false|no|off|0|none|null|disabled?|never)\s*$/i.test(value)
}

/** Whether a value is a switch, a number or a size, and so the name of nothing. */
export function isNoName (value: string | undefined): boolean {
  return value !== undefined && /^\s*(|true|false|yes|no|on|off|[\d.]+\s*[a-z%]{0,3})\s*$/i.test(value)
}
