import { run } from '../test/cluster/run.ts'
import { contextArguments } from './images-contexts.ts'
import { buildArguments, fullName, placesOf, type Image } from './images-list.ts'

type Options = { readonly progress: (line: string) => void, readonly signal?: AbortSignal | undefined }

/** A docker program proves nothing: only an engine that answers does. */
export async function dockerAnswers (): Promise<boolean> {
  return await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: 3000 })
    .then(version => /^\d/.test(version), () => false)
}

/** Builds with the Docker engine from the base that each Dockerfile names, and saves all images in one archive. */
export async function buildWithDocker (
  images: readonly Image[], archivePath: string, options: Options
): Promise<void> {
  const { progress, signal } = options
  for (const image of images) {
    const { dockerfile, context } = placesOf(image)
    progress(`building ${image.name} with Docker`)
    await run('docker', [
      'build', '--quiet', ...buildArguments(image), ...await contextArguments(image.contexts ?? [], [], options),
      '--file', dockerfile, '--tag', fullName(image),
      ...(image.target === undefined ? [] : ['--target', image.target]), context
    ], { signal })
  }
  await run('docker', ['save', '--output', archivePath, ...images.map(fullName)], { signal })
}
