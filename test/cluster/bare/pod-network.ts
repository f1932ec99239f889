import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { configFiles } from './components.ts'
import { families, inState, names } from './plan.ts'

/** Where Debian's package puts the CNI plugins. */
const pluginFolder = '/usr/lib/cni'
const wrapper = 'waylay-ptp'

/** Writes the CNI configuration and the folder of programs that containerd looks for plugins in. */
export async function writePodNetwork (): Promise<void> {
  await Promise.all([configFiles.cni, configFiles.cniPrograms].map(folder => mkdir(folder, { recursive: true })))
  await writeFile(join(configFiles.cni, '10-waylay-test.conflist'), JSON.stringify(cniConfig(), undefined, 2))
  await writeFile(join(configFiles.cniPrograms, wrapper), wrapperScript, { mode: 0o755 })
  for (const plugin of await readdir(pluginFolder)) {
    await symlink(join(pluginFolder, plugin), join(configFiles.cniPrograms, plugin))
  }
}

/**
 * Each pod hangs on a cable of its own, with both families. A bridge would need the kernel's bridge netfilter for
 * kube-proxy's rules, and is no faster.
 */
export function cniConfig (): object {
  return {
    cniVersion: '0.4.0',
    name: names.networkNamespace,
    plugins: [
      {
        type: wrapper,
        ipMasq: false,
        ipam: {
          type: 'host-local',
          ranges: families.map(({ pods }) => [{ subnet: pods }]),
          routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
          dataDir: inState('cni-addresses')
        }
      },
      { type: 'portmap', capabilities: { portMappings: true } }
    ]
  }
}

// The plugin waits until the pod's IPv6 address is known to be nobody else's, which takes two seconds and is certain
// here. A new namespace starts with the kernel's defaults, so it has to be told before it gets its interface.
const wrapperScript = `#!/bin/sh
if [ "$CNI_COMMAND" = ADD ]; then
  nsenter --net="$CNI_NETNS" sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad' >&2 || true
fi
exec ${pluginFolder}/ptp
`
