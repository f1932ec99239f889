import { tryKubectl } from './kube.ts'

/** Signals the proxy's process, not its supervisor. Fails where there is none. */
export async function signalProxy (namespace: string, pod: string, signal: 'KILL' | 'STOP'): Promise<void> {
  const script = `cd /proc; for p in [0-9]*; do
    [ "$p" != 1 ] && tr '\\0' ' ' <"$p/cmdline" 2>/dev/null | grep -q '^node .*proxy.js' && kill -s ${signal} "$p" && echo done
  done; true`
  const { stdout, stderr } = await tryKubectl(
    ['-n', namespace, 'exec', pod, '-c', 'waylay-proxy', '--', 'bash', '-c', script])
  if (!stdout.includes('done')) throw new Error(`No proxy process was found to signal: ${stdout}${stderr}`)
}
