const REFERENCE = /\$(?:(\$)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?])([^}]*))?\}|\{)/g

/**
 * Puts variables of the environment into a text, as docker compose reads them: `${NAME}`, `${NAME:-instead}` where it
 * is missing or empty, `${NAME-instead}` where it is missing, `${NAME:?message}`; `$$` is a dollar sign. A dollar sign
 * before anything else is one.
 *
 * @throws {Error} naming a variable that is not set, or a reference that is not finished.
 */
export function expand (text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(REFERENCE, (reference: string, ...parts: readonly (string | undefined)[]): string => {
    const [dollar, name, operator, rest = ''] = parts
    if (dollar !== undefined) return '$'
    if (name === undefined) throw new Error(`"${reference}" is not a whole reference: write \${NAME}, or $$ for a dollar sign`)
    const value = env[name]
    const isThere = operator?.startsWith(':') === true ? value !== undefined && value !== '' : value !== undefined
    if (isThere) return value ?? ''
    if (operator?.endsWith('-') === true) return rest
    // compose makes it empty; an empty header value or port is never what was meant.
    throw new Error(operator?.endsWith('?') === true && rest !== '' ? `${name}: ${rest}` : `the variable ${name} is not set; write \${${name}:-instead} for a value then`)
  })
}
