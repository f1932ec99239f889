import { nameOf, type TestResult } from './result.ts'

/** What GitHub shows on the page of a job. */
export function toMarkdown ({ judged, header, environment, exitCode }: TestResult): string {
  const about = [environment === undefined ? undefined : `environment ${escapeCell(environment)}`, header === undefined ? undefined : `${escapeCell(header.name)}: ${escapeCell(header.value)}`]
  return [
    `### waylay: diverted requests${about.some(Boolean) ? ` (${about.filter(Boolean).join(', ')})` : ''}`,
    '',
    '| Workload | Diverted | At least | |',
    '|---|---|---|---|',
    ...judged.map(one => `| ${escapeCell(nameOf(one))} | ${one.requests} | ${one.wanted} | ${one.requests < one.wanted ? 'too few' : 'ok'} |`),
    '',
    `The tests ended with exit code ${exitCode}.`,
    ''
  ].join('\n')
}

function escapeCell (text: string): string {
  return text.replace(/[\\|`*_<>[\]]/g, '\\$&').replace(/\s+/g, ' ')
}
