import { compileGlob } from '../../intercepts/glob.ts'

/** Whether one of the patterns of `--env-exclude` fits a name. */
export function excludes (patterns: readonly string[] = []): (name: string) => boolean {
  const fits = patterns.map(compileGlob)
  return name => fits.some(isFit => isFit(name))
}
