import { findProgram, run } from '../run.ts'

/** One Go program to build. */
export type GoBuild = {
  /** What people read while it takes its time, "Kubernetes v1.34.4". */
  readonly title: string
  readonly sources: string
  readonly output: string
  readonly linkerFlags: string
}

/** Builds a static Go program, telling every 15 s how far it is. */
export async function goBuild (
  build: GoBuild, progress: (line: string) => void, signal?: AbortSignal
): Promise<void> {
  const go = await requireGo()
  const startMs = Date.now()
  let lastPackage = 'none yet'
  const tell = setInterval(() => {
    progress(`building ${build.title} from Go modules (once per machine): ${spell(Date.now() - startMs)} so far, package ${lastPackage}`)
  }, 15_000)
  progress(`building ${build.title} from Go modules (once per machine)`)
  try {
    // -mod=readonly: what is built is what go.sum says, never something newer.
    await run(go, ['build', '-v', '-trimpath', '-mod=readonly', '-buildvcs=false', '-ldflags', build.linkerFlags,
      '-o', build.output, '.'], {
      cwd: build.sources,
      env: { ...process.env, CGO_ENABLED: '0' },
      signal,
      onErrorLine: line => { lastPackage = line }
    })
  } finally {
    clearInterval(tell)
  }
  progress(`built ${build.title} in ${spell(Date.now() - startMs)}`)
}

/** The go program, or an error that says how to get one. */
export async function requireGo (): Promise<string> {
  const archive = `go1.26.8.linux-${process.arch === 'x64' ? 'amd64' : process.arch}.tar.gz`
  const cure = `Install Go 1.25 or newer: curl -fsSL https://go.dev/dl/${archive} | tar -C /usr/local -xz`
  const go = await findProgram('go')
  if (go === undefined) throw new Error(`The test cluster is built from Go modules, and there is no Go on PATH. ${cure}`)
  const version = (await run(go, ['env', 'GOVERSION'])).trim()
  if (!isNewEnough(version)) throw new Error(`The test cluster needs Go 1.25 or newer; ${go} is ${version}. ${cure}`)
  return go
}

/** Whether what `go env GOVERSION` says is 1.25 or newer. */
export function isNewEnough (version: string): boolean {
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(version) ?? []
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 25)
}

function spell (durationMs: number): string {
  const seconds = Math.round(durationMs / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
