import { readdir, readFile } from 'node:fs/promises'
import { getAsset, getAssetKeys, isSea } from 'node:sea'

/** Beside cli/ in the repository, beside dist/ in the package and in the image. */
const FOLDER = new URL('../manifests/', import.meta.url)

/** Under which a single executable carries them: build/sea/executable.ts puts them there. */
export const ASSET_FOLDER = 'manifests/'

/** Names of the files of `manifests/` itself, without those in folders below it. */
export async function manifestFileNames (): Promise<readonly string[]> {
  if (!isSea()) return (await readdir(FOLDER)).sort()
  return getAssetKeys().filter(key => key.startsWith(ASSET_FOLDER)).map(key => key.slice(ASSET_FOLDER.length))
    .filter(name => !name.includes('/')).sort()
}

/** @param path below `manifests/`, for example `components/preview/rbac.yaml`. */
export async function readManifestFile (path: string): Promise<string> {
  return isSea() ? getAsset(ASSET_FOLDER + path, 'utf8') : await readFile(new URL(path, FOLDER), 'utf8')
}
