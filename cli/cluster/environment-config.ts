import { existsSync } from 'node:fs'
import { WaylayError } from '../../common/errors.ts'
import { readKubeconfigText, type ClusterEntry, type Kubeconfig, type Place } from './kubeconfig-file.ts'

/** What a job is given instead of a kubeconfig file. Their values are never printed and never on a command line. */
export const CLUSTER_VARIABLES = {
  token: 'WAYLAY_TOKEN',
  server: 'WAYLAY_SERVER',
  authority: 'WAYLAY_CA',
  /** Counts beside the token only: the programs that waylay starts get a variable of this name, too. */
  namespace: 'WAYLAY_NAMESPACE',
  kubeconfig: 'WAYLAY_KUBECONFIG_DATA'
} as const

const { token: TOKEN, server: SERVER, authority: CA, namespace: NAMESPACE, kubeconfig: DATA } = CLUSTER_VARIABLES

/** What one context, its cluster and its user are called in messages. */
const NAME = TOKEN

/**
 * The kubeconfig that environment variables make.
 *
 * @param isContextNamed the command line names a context, which only a kubeconfig can hold.
 * @returns undefined where none of them is set.
 * @throws {WaylayError} `WAYLAY_CREDENTIALS` for some that do not make one, naming the variable and not its value.
 */
export function environmentConfig (place: Place, isContextNamed: boolean): Kubeconfig | undefined {
  const read = (name: string): string => (place.env[name] ?? '').trim()
  const isTokenMeant = [TOKEN, SERVER, CA].some(name => read(name) !== '')
  const data = read(DATA)
  if (isTokenMeant && data !== '') {
    throw refused(`${DATA} and ${[TOKEN, SERVER, CA].find(name => read(name) !== '') ?? TOKEN} are both set: only one can be meant`,
      'Take one of them out of the job\'s environment.')
  }
  if (data !== '') return readData(data)
  return isTokenMeant && !isContextNamed ? tokenConfig(read) : undefined
}

function tokenConfig (read: (name: string) => string): Kubeconfig {
  const token = read(TOKEN)
  // What a pull request from a fork gets instead of a secret is an empty text.
  if (token === '') {
    throw refused(`${TOKEN} is empty, and ${read(SERVER) === '' ? CA : SERVER} is set`,
      'Give the job the secret. Pull requests from forks have none: leave the step out for them.')
  }
  // No token has others in it (RFC 6750, 2.1), and a message about one must not show it.
  if (!/^[\w.~+/=-]+$/.test(token)) throw refused(`${TOKEN} holds characters that no token has`, 'Store the token alone, as "kubectl create token" prints it.')
  return {
    currentContext: NAME,
    contexts: new Map([[NAME, { cluster: NAME, user: NAME, namespace: readNamespace(read(NAMESPACE)) }]]),
    clusters: new Map([[NAME, { server: readServer(read(SERVER)), ...readAuthority(read(CA)) }]]),
    users: new Map([[NAME, { token }]])
  }
}

function readServer (text: string): string {
  if (text === '') throw refused(`${TOKEN} is set, and ${SERVER} is not`, `Set ${SERVER} to the API server's URL: kubectl config view --minify -o jsonpath={.clusters[0].cluster.server}`)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHere = url !== undefined && /^(?:127\.0\.0\.1|\[::1\]|localhost)$/.test(url.hostname)
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere)) return text
  throw refused(`${SERVER} is no https URL: the token would be for everybody on the way to read`, `Write it like this: ${SERVER}=https://10.0.0.1:6443`)
}

/** Its text, that in base64 as kubeconfigs have it, or the file that holds it: variables of kind "file" are paths. */
function readAuthority (text: string): Pick<ClusterEntry, 'certificate-authority' | 'certificate-authority-data'> {
  if (text === '') return {}
  if (text.includes('-----BEGIN')) return { 'certificate-authority-data': Buffer.from(text).toString('base64') }
  if (Buffer.from(text, 'base64').toString('latin1').includes('-----BEGIN')) return { 'certificate-authority-data': text }
  if (existsSync(text)) return { 'certificate-authority': text }
  throw refused(`${CA} is neither a PEM certificate, nor one in base64, nor a file that is there`,
    'Store the certificate-authority-data of your kubeconfig as it is.')
}

function readNamespace (text: string): string {
  if (text === '' || /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text
  throw refused(`${NAMESPACE} is not the name of a namespace`, `Name one, or leave it out and give --namespace: ${NAMESPACE}=shop`)
}

function readData (text: string): Kubeconfig {
  try {
    // YAML and JSON have a colon in them, which base64 never has.
    return readKubeconfigText(text.includes(':') ? text : Buffer.from(text, 'base64').toString(), DATA, '.')
  } catch {
    // A parser quotes what it could not read: that may be the token.
    throw refused(`${DATA} is no kubeconfig, neither as it is nor in base64`, 'Store what this prints: base64 -w 0 < kubeconfig')
  }
}

function refused (message: string, hint: string): WaylayError {
  return new WaylayError('WAYLAY_CREDENTIALS', message, { hint })
}
