/**
 * How much an intercept may ask for, in characters and items. The CRD says the same; a test holds the two together.
 * They bound what every request of a port can cost: see `compileGlob`.
 */
export const MATCH_LIMITS = {
  headers: 16,
  nameLength: 256,
  valueLength: 1024,
  pathLength: 1024,
  methods: 8,
  methodLength: 32
} as const
