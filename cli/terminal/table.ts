/** Columns as wide as their widest cell, three spaces apart. */
export function formatTable (header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map(row => (row[column] ?? '').length)))
  return [header, ...rows]
    .map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ').trimEnd())
    .join('\n')
}
