import { createHash } from 'node:crypto'
import { access, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { run } from '../../test/cluster/run.ts'
import { fetchedFolder, type FetchOptions } from '../fetched.ts'
import { NODE_VERSION, ownPlatform, PLATFORMS, type Platform, type PlatformName } from './platform.ts'

/** A Node to put the program into, and the file with the terms that it comes under. */
export type NodeBinary = { readonly program: string, readonly license: string }

/** Why there is none for a platform here. */
export type NoBinary = { readonly reason: string }

/**
 * Node for a platform, in the one version: the Node that runs this where it is for this machine, else the registry's
 * package. What is written into an executable can be read only by the version that wrote it.
 */
export async function findNodeBinary (name: PlatformName, options: FetchOptions): Promise<NodeBinary | NoBinary> {
  if (process.versions.node !== NODE_VERSION) {
    return { reason: `this is Node ${process.versions.node}, and executables are made of ${NODE_VERSION}` }
  }
  const license = await findLicense()
  if (name === ownPlatform()) return { program: process.execPath, license }
  const platform: Platform = PLATFORMS[name]
  if (platform.integrity === undefined) {
    return {
      reason: `${platform.nodePackage} was not published for Node ${NODE_VERSION}; ` +
        '.github/workflows/release.yml makes this one on a machine of that system'
    }
  }
  const folder = await fetchPackage(platform.nodePackage, platform.integrity, options)
  return { program: join(folder, 'package/bin', platform.os === 'windows' ? 'node.exe' : 'node'), license }
}

async function fetchPackage (name: string, integrity: string, options: FetchOptions): Promise<string> {
  return await fetchedFolder({
    kind: name,
    key: integrity,
    fill: async folder => {
      const packed = await run('npm', ['pack', `${name}@${NODE_VERSION}`, '--silent', '--pack-destination', folder],
        { signal: options.signal, env: process.env })
      const archive = join(folder, packed.trim())
      const found = `sha512-${createHash('sha512').update(await readFile(archive)).digest('base64')}`
      if (found !== integrity) throw new Error(`${name}@${NODE_VERSION} has the digest ${found}, not ${integrity}`)
      await run('tar', ['-xzf', archive, '-C', folder, 'package/bin'], { signal: options.signal })
      await rm(archive)
    }
  }, options)
}

/** The license of the Node that runs this: where its own archives have it, and where npm's packages do. */
async function findLicense (): Promise<string> {
  const folder = dirname(process.execPath)
  const ofPackage = `node_modules/${PLATFORMS[ownPlatform() ?? 'linux-x64'].nodePackage}/LICENSE`
  const places = ['../LICENSE', 'LICENSE', `../${ofPackage}`, `../../${ofPackage}`].map(path => join(folder, path))
  for (const place of places) {
    if (await access(place).then(() => true, () => false)) return place
  }
  throw new Error(`Node's license lies neither at ${places.join(' nor at ')}`)
}
