import { isUtf8 } from 'node:buffer'
import { StreamError } from '@rtp/stream-core/extend'
import type { PipelineConfig } from '../config/pipeline-config.ts'
import { MAX_FIELD_BYTES, MAX_ID_BYTES } from '../readings/limits.ts'
import { csvRecords, innerLines } from './csv-records.ts'
import { type ReadTime, timeReader } from './read-time.ts'

/** What the verification found in a stretch of the CSV. */
export interface CsvReadings {
  readonly ids: string[]
  readonly values: number[]
  /** Epoch milliseconds. */
  readonly times: number[]
  /** Lines of the rows that cannot become a message. */
  readonly badLines: number[]
}

/** Reads a CSV as the verification understands it: every row is a reading or bad. Errors: `CSV_UNREADABLE`, `CSV_COLUMN_MISSING`. */
export async function* csvReadings(path: string, config: PipelineConfig): AsyncGenerator<CsvReadings> {
  let reader: RowReader | undefined
  for await (const { records, firstLine, oneLineEach, brokenLines } of csvRecords(path, config.csv.delimiter)) {
    const found: CsvReadings = { ids: [], values: [], times: [], badLines: [...brokenLines] }
    let line = firstLine
    for (const record of records) {
      // A blank line is no row.
      if (record.length > 0) {
        if (reader === undefined) reader = new RowReader(record, path, config)
        else if (!reader.read(record, found)) found.badLines.push(line)
      }
      line += oneLineEach ? 1 : 1 + innerLines(record)
    }
    yield found
  }
  if (reader === undefined) {
    throw new StreamError('CSV_FILE_EMPTY', `${path} has no header and no rows. Name another CSV with --input.`)
  }
}

const DECIMAL = /^[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t]*$/
const HIGH_BYTE = /[\x80-\xff]/
const BLANKS_AROUND = /^[ \t]+|[ \t]+$/g

class RowReader {
  readonly #fields: number
  readonly #id: number
  readonly #value: number
  readonly #time: number
  readonly #readTime: ReadTime
  readonly #earliestMs: number
  readonly #latestMs: number
  readonly #ids = new Map<string, string | undefined>()

  constructor(header: readonly string[], path: string, config: PipelineConfig) {
    const names = header.map(name => utf8(name).trim())
    const { columns, eventTime } = config
    this.#fields = header.length
    this.#id = columnNamed(columns.sensor_id, names, path)
    this.#value = columnNamed(columns.value, names, path)
    this.#time = columnNamed(columns.event_time, names, path)
    this.#readTime = timeReader(eventTime.form)
    this.#earliestMs = Date.parse(eventTime.earliest)
    this.#latestMs = Date.now() + eventTime.futureHours * 3_600_000
  }

  /** False when the row is bad. */
  read(record: readonly string[], into: CsvReadings): boolean {
    if (record.length !== this.#fields) return false
    for (const field of record) if (field.length > MAX_FIELD_BYTES || !isText(field)) return false
    const id = this.#idOf(record[this.#id]!)
    const valueText = record[this.#value]!
    const value = DECIMAL.test(valueText) ? Number(valueText) : Number.NaN
    const time = this.#readTime(record[this.#time]!)
    if (id === undefined || !Number.isFinite(value) || !(time >= this.#earliestMs && time <= this.#latestMs))
      return false
    into.ids.push(id)
    into.values.push(value)
    into.times.push(time)
    return true
  }

  #idOf(field: string): string | undefined {
    if (this.#ids.has(field)) return this.#ids.get(field)
    const trimmed = field.replace(BLANKS_AROUND, '')
    const id = trimmed === '' || trimmed.length > MAX_ID_BYTES ? undefined : utf8(trimmed)
    if (this.#ids.size >= 100_000) this.#ids.clear()
    this.#ids.set(field, id)
    return id
  }
}

function columnNamed(name: string, names: readonly string[], path: string): number {
  const at = names.indexOf(name)
  if (at >= 0 && at === names.lastIndexOf(name)) return at
  throw new StreamError(
    at < 0 ? 'CSV_COLUMN_MISSING' : 'CSV_COLUMN_DUPLICATED',
    `${path} has ${at < 0 ? 'no column' : 'more than one column'} ${JSON.stringify(name)}; its header is ${JSON.stringify(names.join(','))}. Name the columns with --columns.`,
  )
}

function isText(field: string): boolean {
  return !HIGH_BYTE.test(field) || isUtf8(Buffer.from(field, 'latin1'))
}

function utf8(field: string): string {
  return HIGH_BYTE.test(field) ? Buffer.from(field, 'latin1').toString('utf8') : field
}
