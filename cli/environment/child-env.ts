type Env = Readonly<Record<string, string | undefined>>

/**
 * What belongs to the machine a program runs on and not to the app: the pod's own values are left out, because they
 * name folders, libraries and users of its image. docs/environment.md has the list; a test compares.
 */
export const MACHINE_VARIABLES: readonly string[] = [
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'PWD', 'OLDPWD', 'SHLVL', '_', 'HOSTNAME',
  'TERM', 'COLORTERM', 'TERM_PROGRAM', 'DISPLAY', 'WAYLAND_DISPLAY', 'XDG_*', 'SSH_AUTH_SOCK', 'SSH_AGENT_PID',
  'TMPDIR', 'TMP', 'TEMP', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'DYLD_*', 'KUBECONFIG',
  'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY',
  'JAVA_HOME', 'CLASSPATH', 'PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV', 'NODE_PATH', 'GOROOT', 'GOPATH', 'GEM_HOME',
  'GEM_PATH',
  // A program that finds these takes itself to be in the cluster, where neither that address nor a token is to be had.
  'KUBERNETES_SERVICE_*', 'KUBERNETES_PORT', 'KUBERNETES_PORT_*'
]

/** The same on Windows alone: elsewhere an app may call its own variables so. */
export const WINDOWS_VARIABLES: readonly string[] = [
  'APPDATA', 'LOCALAPPDATA', 'COMSPEC', 'COMPUTERNAME', 'HOMEDRIVE', 'HOMEPATH', 'OS', 'PATHEXT', 'PROGRAMDATA',
  'PROGRAMFILES*', 'NUMBER_OF_PROCESSORS', 'PSMODULEPATH', 'SYSTEMDRIVE', 'SYSTEMROOT', 'USERDOMAIN', 'USERNAME',
  'USERPROFILE', 'WINDIR'
]

const MACHINE = patternOf(MACHINE_VARIABLES)
const WINDOWS = patternOf([...MACHINE_VARIABLES, ...WINDOWS_VARIABLES])

/** Whether a variable of the pod is kept from a program on this machine. */
export function isOfMachine (name: string, platform: NodeJS.Platform): boolean {
  return (platform === 'win32' ? WINDOWS : MACHINE).test(name)
}

function patternOf (names: readonly string[]): RegExp {
  // Proxies are written in lower case too.
  return new RegExp(`^(${names.map(name => name.replace('*', '.*')).join('|')})$`, 'i')
}

/**
 * The environment of a program on this machine: the developer's own, and the pod's over it, but for what belongs to the
 * machine.
 *
 * @param platform where names differ in more than their case: not on Windows.
 */
export function mergeEnv (
  developers: Env, pods: Iterable<{ readonly name: string, readonly value: string }>, platform: NodeJS.Platform
): Record<string, string | undefined> {
  const merged: Record<string, string | undefined> = { ...developers }
  for (const { name, value } of pods) {
    if (isOfMachine(name, platform)) continue
    if (platform === 'win32') {
      const same = Object.keys(merged).filter(other => other.toUpperCase() === name.toUpperCase())
      for (const other of same) delete merged[other]
    }
    merged[name] = value
  }
  return merged
}
