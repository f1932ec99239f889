/** Splits a command line as a shell does, quotes and backslashes resolved; the last word may be unfinished or empty. */
export function splitLine (line: string): readonly string[] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? ''
    if (quote !== '' && char === quote) quote = ''
    else if (char === '\\' && quote !== '\'') word = (word ?? '') + (line[++at] ?? '')
    else if (quote === '' && (char === '\'' || char === '"')) {
      quote = char
      word ??= ''
    } else if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + char
  }
  return [...words, word ?? '']
}
