import { StreamError } from '@rtp/stream-core/extend'
import type { Columns } from './columns/column.ts'
import type { Dialect } from './parser/dialect.ts'

/** What is read, and what becomes of it. */
export interface CsvOptions<C extends Columns> {
  /** Paths, read one behind the other. */
  readonly files: string | readonly string[]
  /** The columns that are wanted, by the name that they get in the row. */
  readonly columns: C
  /** True (default): the first row names the fields. Else the names, in order, of a file whose first row is data. */
  readonly header?: true | readonly string[]
  /** What stands between two fields: one ASCII character. Default `,`. */
  readonly delimiter?: string
  /** What stands around fields that hold delimiters or line ends; null where quotes are plain text. Default `"`. */
  readonly quote?: string | null
  /** Whether the files are compressed by gzip. Default: seen from each file's first bytes. */
  readonly gzip?: boolean
  /** Waits for more at the end of the last file, instead of ending. Rows are taken once their line end is there. Default false. */
  readonly follow?: boolean
  /** How often a followed file is looked at, milliseconds. Default 200. */
  readonly followPollMs?: number
  /** What to do when a followed file gets shorter or another file takes its name: fail (default) or read it from its beginning. */
  readonly onReplaced?: 'fail' | 'restart'
  /** A row that does not end within so many bytes is bad. Default 1 MiB. */
  readonly maxRowBytes?: number
  /** A field of more bytes makes its row bad. Default 64 KiB. */
  readonly maxFieldBytes?: number
  /** The most rows in a batch. Default 8192. */
  readonly batchRows?: number
  /** Bytes that are read at once. Default 1 MiB. */
  readonly blockBytes?: number
}

/** The options with every default filled in. */
export interface CheckedOptions<C extends Columns> {
  readonly files: readonly string[]
  readonly columns: C
  readonly names: readonly string[] | undefined
  readonly delimiter: string
  readonly dialect: Dialect
  readonly gzip: boolean | undefined
  readonly follow: boolean
  readonly followPollMs: number
  readonly onReplaced: 'fail' | 'restart'
  readonly batchRows: number
  readonly blockBytes: number
}

/** Fills in defaults; an option that makes no sense is an error that names it. */
export function checkOptions<C extends Columns>(options: CsvOptions<C>): CheckedOptions<C> {
  const { columns, header = true, delimiter = ',', quote = '"', gzip, follow = false, onReplaced = 'fail' } = options
  const files = typeof options.files === 'string' ? [options.files] : [...options.files]
  if (files.length === 0) throw invalid('files', 'is empty', 'Name at least one file.')
  const twice = files.find((file, i) => files.indexOf(file) !== i)
  if (twice !== undefined) throw invalid('files', `names ${twice} twice`, 'A position could not tell them apart.')
  const names = Object.keys(columns)
  if (names.length === 0)
    throw invalid('columns', 'is empty', "Declare what to read, e.g. { value: number('Rating') }.")
  if (names.includes('__proto__')) throw invalid('columns', 'has a column __proto__', 'Give the property another name.')
  if (header !== true && header.length === 0) throw invalid('header', 'is empty', 'Name every field of a row.')
  if (follow && gzip === true)
    throw invalid('follow', 'is set for gzip', 'A compressed file cannot be appended to by rows.')
  const delimiterByte = separatorByte('delimiter', delimiter)
  const quoteByte = quote === null ? -1 : separatorByte('quote', quote)
  if (delimiterByte === quoteByte) throw invalid('quote', 'is the delimiter too', 'Use two different characters.')
  return {
    files,
    columns,
    names: header === true ? undefined : header,
    delimiter,
    dialect: {
      delimiter: delimiterByte,
      quote: quoteByte,
      maxRowBytes: wholeNumber('maxRowBytes', options.maxRowBytes ?? 1_048_576),
      maxFieldBytes: wholeNumber('maxFieldBytes', options.maxFieldBytes ?? 65_536),
    },
    gzip,
    follow,
    followPollMs: wholeNumber('followPollMs', options.followPollMs ?? 200),
    onReplaced,
    batchRows: wholeNumber('batchRows', options.batchRows ?? 8192),
    blockBytes: wholeNumber('blockBytes', options.blockBytes ?? 1_048_576),
  }
}

function separatorByte(option: string, character: string): number {
  const code = character.charCodeAt(0)
  if (character.length !== 1 || code > 127 || code === 10 || code === 13) {
    throw invalid(option, `is ${JSON.stringify(character)}`, 'Pass one ASCII character that is no line end.')
  }
  return code
}

function wholeNumber(option: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > 0x3fff_ffff) {
    throw invalid(option, `is ${value}`, 'Pass a whole number from 1 to 2^30 - 1.')
  }
  return value
}

function invalid(option: string, what: string, remedy: string): StreamError {
  return new StreamError('CSV_OPTION_INVALID', `the option ${option} ${what}. ${remedy}`)
}
