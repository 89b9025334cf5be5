import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { number, readCsv, text, timestamp } from '@rtp/source-csv'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../src/config/pipeline-config.ts'
import { MAX_FIELD_BYTES, MAX_ID_BYTES, MAX_ROW_BYTES } from '../../src/readings/limits.ts'
import { csvReadings } from '../../src/verify/csv-readings.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'same-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Row = readonly [id: string, value: number, time: number]

async function asThePipeline(path: string): Promise<{ rows: Row[]; badLines: number[] }> {
  const badLines: number[] = []
  const batches = readCsv({
    files: path,
    columns: {
      sensor_id: text('sensor_id', { trim: true, maxBytes: MAX_ID_BYTES }),
      value: number('value'),
      event_time: timestamp('event_time', {
        earliestMs: Date.parse(DEFAULT_CONFIG.eventTime.earliest),
        latestMs: Date.now() + 86_400_000,
      }),
    },
    maxRowBytes: MAX_ROW_BYTES,
    maxFieldBytes: MAX_FIELD_BYTES,
    onBadRecord: ({ line = Number.NaN }) => badLines.push(line),
  })
  const rows: Row[] = []
  for await (const batch of batches) for (const row of batch) rows.push([row.sensor_id, row.value, row.event_time])
  return { rows, badLines }
}

async function asTheVerification(path: string): Promise<{ rows: Row[]; badLines: number[] }> {
  const rows: Row[] = []
  const badLines: number[] = []
  for await (const found of csvReadings(path, DEFAULT_CONFIG)) {
    found.ids.forEach((id, i) => {
      rows.push([id, found.values[i]!, found.times[i]!])
    })
    badLines.push(...found.badLines)
  }
  return { rows, badLines: badLines.sort((a, b) => a - b) }
}

const ids = fc.constantFrom(
  'a',
  ' a ',
  '+49 151',
  'Zoë',
  '',
  ' ',
  '"q"',
  '"a""b"',
  '"two\nlines"',
  '"x',
  'y"z',
  '"a"b',
  '""',
  'ü\u0308',
  '\t',
  'x'.repeat(1024),
  'x'.repeat(1025),
)
const values = fc.oneof(
  fc.constantFrom(
    '',
    'NaN',
    'Infinity',
    '-Infinity',
    '1,5',
    '"1,5"',
    '1e3',
    '1e400',
    '0x10',
    ' 7 ',
    '+1',
    '-0',
    '.5',
    '5.',
    '.',
    'e5',
    '1_000',
    '٣',
    '1 2',
    '123456789012345678',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(value => (value / 100).toFixed(2)),
)
const times = fc.oneof(
  fc.constantFrom(
    '',
    'now',
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '2026-01-01T',
    '2026-01-01T24:00:00Z',
    '2026-01-01T24:00:01Z',
    '2026-01-01 10:11',
    '2026-01-01 10:11:12,5',
    '2026-01-01t10:11:12.5z',
    '2026-01-01T10:11:12+02',
    '2026-01-01T10:11:12+0230',
    '2026-01-01T10:11:12+24:00',
    '2026-01-01T10:61:12Z',
    '2026-01-01T10:11:60Z',
    '1899-12-31T23:59:59.999Z',
    '1900-01-01T00:00:00Z',
    '9999-12-31T00:00:00Z',
    '1700000000',
    '2026-1-1',
    ' 2026-01-01T00:00:00Z ',
    '2026-01-01T10:11:12.',
    '0000-01-01',
    '2026-01-01Z',
    '2026-01-01T10:11:12.123456789Z',
  ),
  fc
    .date({ min: new Date('1950-01-01'), max: new Date('2026-01-01'), noInvalidDate: true })
    .map(date => date.toISOString()),
)
const lines = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(ids, values, times).map(fields => fields.join(',')) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom('a', '1', '"', '""', ',', '\n', ' ', '\r', '2026-01-01'), { maxLength: 12 })
      .map(parts => parts.join('')),
  },
)
const files = fc.record({
  bom: fc.boolean(),
  rows: fc.array(fc.tuple(lines, fc.constantFrom('\r\n', '\n', '\r', '\n\n')), { maxLength: 40 }),
  tail: fc.oneof(fc.constant(''), lines),
  invalidAt: fc.option(fc.nat(2000), { nil: undefined }),
})

test('the pipeline and the verification, by different code, read the same rows and call the same lines bad', async () => {
  await fc.assert(
    fc.asyncProperty(files, async ({ bom, rows, tail, invalidAt }) => {
      const header = 'sensor_id,value,event_time\n'
      const bytes = Buffer.from((bom ? '\uFEFF' : '') + header + rows.map(([line, end]) => line + end).join('') + tail)
      if (invalidAt !== undefined && invalidAt + 40 < bytes.length) bytes[invalidAt + 40] = 0xff
      const path = join(folder, 'in.csv')
      await writeFile(path, bytes)
      expect(await asTheVerification(path)).toEqual(await asThePipeline(path))
    }),
    { numRuns: 400 },
  )
})
