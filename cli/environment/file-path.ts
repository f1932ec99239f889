import { WaylayError } from '../../common/errors.ts'

const LONGEST_NAME_BYTES = 255
const LONGEST_PATH = 4096

// eslint-disable-next-line no-control-regex -- what Windows refuses in names
const NOT_ON_WINDOWS = /[<>:"|?*\\\u0000-\u001f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

/**
 * Whether a path may be written below a folder. The API server checks most of it; whoever answers in its place, or a
 * file system that reads names in another way, must not get a file to anywhere else.
 *
 * @throws {WaylayError} `WAYLAY_MOUNT_UNSAFE` naming the path and the reason.
 */
export function checkFilePath (file: string, platform: NodeJS.Platform): void {
  const fault = faultOf(file, platform)
  if (fault === undefined) return
  throw new WaylayError('WAYLAY_MOUNT_UNSAFE', `The pod's file ${JSON.stringify(`/${file}`)} cannot be written: ${fault}`)
}

function faultOf (file: string, platform: NodeJS.Platform): string | undefined {
  if (file.length > LONGEST_PATH) return 'its path is too long'
  for (const name of file.split('/')) {
    if (name === '') return 'it has an empty name'
    if (name === '..' || name === '.') return 'it leads out of its folder'
    if (name.includes('\0')) return 'it has a NUL'
    if (Buffer.byteLength(name) > LONGEST_NAME_BYTES) return 'a name in it is too long'
    if (platform === 'win32' && NOT_ON_WINDOWS.test(name)) return `"${name}" is no name of a file on Windows`
  }
  return undefined
}
