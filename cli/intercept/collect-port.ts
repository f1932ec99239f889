import { parseDeveloperPort, type DeveloperPort } from '../developer-port.ts'

/** Reads one more `--port`. */
export function collectPort (text: string, before: readonly DeveloperPort[] = []): readonly DeveloperPort[] {
  return [...before, parseDeveloperPort(text)]
}
