/** Every row, in the order in which they are measured. */
export const ROW_NAMES = [
  'small', 'ondemand', 'latency', 'large', 'connect', 'closing-callers', 'grpc', 'memory'
] as const

export type RowName = typeof ROW_NAMES[number]
