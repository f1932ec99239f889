import { readFile } from 'node:fs/promises'
import { WaylayError } from '../../common/errors.ts'
import { runExecPlugin, type ExecStatus } from './exec-credential.ts'
import type { ClusterEntry, ExecEntry, Place, UserEntry } from './kubeconfig-file.ts'
import { readPem } from './tls-options.ts'

/** Who we say that we are, at this moment. */
export type Credential = {
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly cert: Buffer | string | undefined
  readonly key: Buffer | string | undefined
}

export type Credentials = {
  /** @throws {WaylayError} `WAYLAY_CREDENTIALS` */
  current (): Promise<Credential>
  /** The API server did not accept what `current` gave: a plugin is asked again. */
  refused (): void
}

// So that what is used for a request does not run out on its way.
const SPARE_MS = 10_000

/**
 * The credentials of one user of the kubeconfig. A plugin's are kept until they expire, a token's file is read at each
 * use.
 *
 * @throws {WaylayError} `WAYLAY_CREDENTIALS` for ways of logging in that waylay does not know.
 */
export function openCredentials (user: UserEntry, cluster: ClusterEntry, place: Place): Credentials {
  const provider = user['auth-provider']
  if (provider !== undefined) {
    throw new WaylayError('WAYLAY_CREDENTIALS', `The kubeconfig's auth-provider "${provider.name ?? ''}" is of an old kind that waylay does not know`,
      { hint: 'Use the credential plugin of your provider: gke-gcloud-auth-plugin, kubelogin, aws eks get-token.' })
  }
  const plugin = user.exec === undefined ? undefined : keepStatus(user.exec, cluster, place)
  return {
    async current () {
      const status = await plugin?.current()
      const token = status?.token ?? await readToken(user)
      return {
        headers: { ...authorization(user, token), ...impersonation(user) },
        cert: status?.clientCertificateData ?? readPem(user, 'client-certificate'),
        key: status?.clientKeyData ?? readPem(user, 'client-key')
      }
    },
    refused: () => { plugin?.drop() }
  }
}

/** One run at a time, however many ask. */
function keepStatus (exec: ExecEntry, cluster: ClusterEntry, place: Place) {
  let kept: Promise<ExecStatus> | undefined
  let expiresAtMs = Infinity
  return {
    async current (): Promise<ExecStatus> {
      if (Date.now() > expiresAtMs - SPARE_MS) kept = undefined
      if (kept !== undefined) return await kept
      expiresAtMs = Infinity
      const running = runExecPlugin(exec, cluster, place)
      kept = running
      try {
        const status = await running
        const expiry = Date.parse(status.expirationTimestamp ?? '')
        if (!Number.isNaN(expiry)) expiresAtMs = expiry
        return status
      } catch (error) {
        kept = undefined
        throw error
      }
    },
    drop: () => { kept = undefined }
  }
}

/** The file wins over the token beside it, which may be an older one; kubectl's order. */
async function readToken ({ token, tokenFile }: UserEntry): Promise<string | undefined> {
  if (!tokenFile) return token || undefined
  try {
    return (await readFile(tokenFile, 'utf8')).trim()
  } catch (cause) {
    if (token) return token
    throw new WaylayError('WAYLAY_CREDENTIALS', `Cannot read the token of the kubeconfig: ${(cause as Error).message}`, { cause })
  }
}

function authorization ({ username, password = '' }: UserEntry, token: string | undefined): Credential['headers'] {
  if (token !== undefined) return { Authorization: `Bearer ${token}` }
  if (!username) return {}
  return { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}

/** @see https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation */
function impersonation (user: UserEntry): Credential['headers'] {
  const { as, 'as-uid': uid, 'as-groups': groups = [], 'as-user-extra': extra = {} } = user
  if (!as) {
    if (groups.length === 0 && uid === undefined && Object.keys(extra).length === 0) return {}
    throw new WaylayError('WAYLAY_CREDENTIALS', 'The kubeconfig impersonates a group without a user',
      { hint: 'Name the user too: as, or --as.' })
  }
  return {
    'Impersonate-User': as,
    ...(uid !== undefined && { 'Impersonate-Uid': uid }),
    ...(groups.length > 0 && { 'Impersonate-Group': [...groups] }),
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key)}`, [...values]]))
  }
}
