import { StreamError } from '@rtp/stream-core/extend'
import type { Columns } from '../columns/column.ts'
import type { BoundColumn } from './row-decoder.ts'

/** Finds each declared column in the names of a file; a missing or ambiguous one is an error that lists what there is. */
export function bindColumns(
  columns: Columns,
  names: readonly string[],
  delimiter: string,
  file: string,
): BoundColumn[] {
  const wanted = Object.entries(columns).map(([name, column]) => ({ name, header: column.header ?? name, column }))
  const missing = wanted.filter(({ header }) => !names.includes(header)).map(({ header }) => header)
  if (missing.length > 0) {
    throw new StreamError(
      'CSV_COLUMN_MISSING',
      `${file} has no column ${listed(missing)}. It has ${listed(names)}. ${remedy(missing, names, delimiter)}`,
      { place: { partition: file } },
    )
  }
  const repeated = wanted.filter(({ header }) => names.indexOf(header) !== names.lastIndexOf(header))
  if (repeated.length > 0) {
    throw new StreamError(
      'CSV_COLUMN_DUPLICATED',
      `${file} has more than one column ${listed(repeated.map(({ header }) => header))}. It has ${listed(names)}. Rename one of them in the file.`,
      { place: { partition: file } },
    )
  }
  return wanted.map(({ name, header, column }) => ({
    name,
    header,
    field: names.indexOf(header),
    decoder: column.decoder(),
  }))
}

function remedy(missing: readonly string[], names: readonly string[], delimiter: string): string {
  for (const other of [',', ';', '\t', '|']) {
    if (other === delimiter || !names.some(name => name.includes(other))) continue
    const split = names
      .join(delimiter)
      .split(other)
      .map(name => name.trim().replace(/^"(.*)"$/, '$1'))
    if (missing.some(header => split.includes(header))) {
      return `The header looks as if its fields were separated by ${JSON.stringify(other)}: pass delimiter: ${JSON.stringify(other)}.`
    }
  }
  const near = missing.flatMap(header => names.filter(name => name.toLowerCase() === header.toLowerCase()))
  if (near.length > 0) return `Did you mean ${listed(near)}? Upper and lower case matter.`
  return "Name the column as the file does, e.g. text('Phone'); for a file without a header pass its names as header: [...]."
}

function listed(names: readonly string[]): string {
  return names.map(name => JSON.stringify(name)).join(', ')
}
