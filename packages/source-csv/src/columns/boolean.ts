import { utf8Text } from './ascii-text.ts'
import type { Column } from './column.ts'

export interface BooleanOptions {
  /** Spellings of true, in any case of letters. Default `true` and `1`. */
  readonly true?: readonly string[]
  /** Spellings of false, in any case of letters. Default `false` and `0`. */
  readonly false?: readonly string[]
}

/** A column of truth values, by their spellings. */
export function boolean(header?: string, options: BooleanOptions = {}): Column<boolean> {
  const meanings = new Map<string, boolean>()
  for (const spelling of options.true ?? ['true', '1']) meanings.set(spelling.toLowerCase(), true)
  for (const spelling of options.false ?? ['false', '0']) meanings.set(spelling.toLowerCase(), false)
  const wanted = [...meanings.keys()].join(', ')
  return {
    header,
    decoder: () => ({
      decode(bytes, start, end, fault) {
        if (start === end) {
          fault.set('FIELD_EMPTY', 'is empty')
          return false
        }
        const value = meanings.get(utf8Text(bytes, start, end).trim().toLowerCase())
        if (value === undefined) fault.set('BOOLEAN_INVALID', `is none of ${wanted}`)
        return value ?? false
      },
    }),
  }
}
