import { once } from 'node:events'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { PipelineConfig } from '../config/pipeline-config.ts'
import type { Pseudonymizer } from '../readings/pseudonym.ts'
import { csvReadings } from './csv-readings.ts'

/** What the CSV holds by the verification's own reading. */
export interface ExpectedRows {
  /** Rows that have to be in raw_events; the temporary table `expected_rows` holds them. */
  readonly rows: number
  /** Lines of the rows that cannot become a message. */
  readonly badLines: readonly number[]
}

export interface ExpectedRowsOptions {
  readonly input: string
  readonly config: PipelineConfig
  readonly pseudonymizer: Pseudonymizer
  /** Called with the rows so far, about once per megabyte. */
  readonly onProgress?: (rows: number) => void
}

/** Loads the CSV into the temporary table `expected_rows` of the client's session, by COPY in text form. */
export async function loadExpectedRows(client: Client, options: ExpectedRowsOptions): Promise<ExpectedRows> {
  const { input, config, pseudonymizer, onProgress } = options
  await client.query(
    'create temp table expected_rows (event_time timestamptz, sensor_id bigint, value double precision)',
  )
  const copy = client.query(copyFrom('copy expected_rows from stdin'))
  const failed = new Promise<never>((_, reject) => copy.once('error', reject))
  failed.catch(() => undefined)
  const badLines: number[] = []
  let rows = 0
  try {
    for await (const { ids, values, times, badLines: bad } of csvReadings(input, config)) {
      let lines = ''
      for (let i = 0; i < ids.length; i++) {
        lines += `${isoTime(times[i]!)}\t${pseudonymizer.pseudonym(ids[i]!)}\t${values[i]}\n`
      }
      rows += ids.length
      for (const line of bad) badLines.push(line)
      if (lines !== '' && !copy.write(lines)) await Promise.race([once(copy, 'drain'), failed])
      onProgress?.(rows + badLines.length)
    }
  } catch (cause) {
    copy.destroy()
    throw cause
  }
  const finished = once(copy, 'finish')
  copy.end()
  await Promise.race([finished, failed])
  await client.query('analyze expected_rows')
  return { rows, badLines }
}

let second = Number.NaN
let secondText = ''

/** Texts of times, quicker than `toISOString` alone where neighbours share their second. */
function isoTime(timeMs: number): string {
  const start = Math.floor(timeMs / 1000) * 1000
  if (start !== second) {
    second = start
    secondText = new Date(start).toISOString().slice(0, 19)
  }
  return `${secondText}.${String(timeMs - start).padStart(3, '0')}Z`
}
