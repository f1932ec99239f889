import { WriteStream } from 'node:tty'

/** Whether lines may be coloured: on a terminal, by Node's own reading of FORCE_COLOR, NO_COLOR and TERM. */
export function mayColor (isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  const asks = env['FORCE_COLOR'] !== undefined
  return (isTerminal || asks) && WriteStream.prototype.getColorDepth(env) > 1
}
