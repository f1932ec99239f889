/** Words of a port's name that say "HTTP", in the convention `<protocol>[-<suffix>]`. They win over any number. */
const HTTP_WORDS = new Set(['http', 'https', 'http1', 'http2', 'h2c', 'grpc', 'web', 'ws', 'wss'])

/** Words that say something else, wherever they stand in the name. */
const OTHER_WORDS = new Set([
  'postgres', 'postgresql', 'pgsql', 'mysql', 'mariadb', 'mssql', 'oracle', 'redis', 'sentinel', 'valkey', 'memcached',
  'memcache', 'kafka', 'amqp', 'amqps', 'rabbitmq', 'nats', 'mqtt', 'mongo', 'mongodb', 'cassandra', 'cql', 'zookeeper',
  'ldap', 'ldaps', 'smtp', 'ssh', 'ftp', 'dns'
])

const OTHER_NUMBERS = new Set([
  22, 25, 53, 389, 636, 1433, 1521, 1883, 2181, 3306, 4222, 5432, 5671, 5672, 6379, 8883, 9042, 9092, 9093, 9094, 11211,
  26379, 27017, 27018, 27019, 33060
])

/**
 * Whether a port may speak HTTP, by the first of these names that tells (its own, and what Services call it), or else
 * its number. Such a port is redirected always; any other only while an intercept exists, so that a database's packets
 * never leave the kernel's path.
 */
export function maySpeakHttp (port: number, ...names: readonly (string | undefined)[]): boolean {
  return names.map(saysHttp).find(verdict => verdict !== undefined) ?? !OTHER_NUMBERS.has(port)
}

function saysHttp (name = ''): boolean | undefined {
  // appProtocol has prefixes, as in kubernetes.io/h2c.
  const words = name.toLowerCase().replace(/^.*\//, '').split('-')
  const first = words[0] ?? ''
  if (HTTP_WORDS.has(first)) return true
  return first === 'tcp' || words.some(word => OTHER_WORDS.has(word)) ? false : undefined
}
