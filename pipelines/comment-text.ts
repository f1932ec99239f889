import { baggageOf, type UpAnswer } from './environment.ts'
import type { Wish } from './wish.ts'

type Named = Pick<Wish, 'name' | 'namespace'>

/** The first line of our comment, by which it is found again; people do not see it. */
export function markerOf ({ name, namespace }: Named): string {
  return `<!-- waylay: environment ${namespace === '' ? '' : `${namespace}/`}${name} -->`
}

/** @param url for browsers; empty where no preview gateway is installed. */
export function upText (wish: Wish, answer: UpAnswer, url: string): string {
  const { header, expiresAt } = answer
  const baggage = baggageOf(answer)
  return [
    markerOf(wish),
    `### Environment \`${answer.name}\``,
    '',
    `${wish.workloads.map(code).join(', ')} of namespace ${code(answer.namespace)} ` +
      `${wish.workloads.length === 1 ? 'answers' : 'answer'} with this version whatever carries the header:`,
    '',
    '```',
    `${header.name}: ${header.value}`,
    '```',
    '',
    ...url === '' ? [] : [`In a browser: ${url}`, ''],
    ...baggage === '' ? [] : [`As W3C baggage: ${code(baggage)}.`],
    `It is removed when this is closed, or at ${expiresAt} if nothing is pushed.`
  ].join('\n')
}

/** What was up before a failure stays up, so the header of an earlier comment stays right. */
export function failedText (wish: Named, run: string): string {
  return [
    markerOf(wish), `### Environment \`${wish.name}\``, '',
    `This version did not come up${run === '' ? '' : `: [the log](${run}) says why`}. An earlier one stays as it was.`
  ].join('\n')
}

export function goneText (wish: Named): string {
  return [markerOf(wish), `### Environment \`${wish.name}\``, '', 'Removed.'].join('\n')
}

function code (text: string): string {
  return `\`${text.replaceAll('`', '')}\``
}
