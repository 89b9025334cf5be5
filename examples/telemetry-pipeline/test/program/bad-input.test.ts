import { readFile } from 'node:fs/promises'
import { bytes, kafkaSource, text } from '@rtp/kafka'
import { from } from '@rtp/stream-core'
import { expect, test } from 'vitest'
import { PipelineFixture } from './pipeline-fixture.ts'

const T = '2026-01-01 00:00:00'

/** Rows of somebody else's file: other column names, more columns, BOM, CRLF, quotes, a blank line, and much that is wrong. */
const GOOD_IDS = ['+49 151 0001', '+49 151 0002', 'Zoë "quoted"', 'two\r\nlines']
const GOOD = [
  `x,1.5,${T},+49 151 0001`,
  `x,-2,${T}.250,+49 151 0001`,
  `"a, b",3e2,2026-01-01T02:00:00+02:00,+49 151 0002`,
  `x,0.1,1969-12-31T23:59:59.999Z,+49 151 0002`,
  `x,7,${T},"Zoë ""quoted"""`,
  `x,8,${T},"two\r\nlines"`,
  `x,1.5,${T},+49 151 0001`,
]
const BAD = [
  `x,NaN,${T},secret-1`,
  `x,Infinity,${T},secret-2`,
  `x,,${T},secret-3`,
  `x,"1,5",${T},secret-4`,
  `x,1,${T},`,
  'x,1,not a time,secret-5',
  'x,1,9999-01-01T00:00:00Z,secret-6',
  'x,1,1850-01-01T00:00:00Z,secret-7',
  'x,1,1700000000,secret-8',
  `x,1,${T}`,
  `x,1,${T},secret-9,more`,
  `x,1,${T},${'i'.repeat(1025)}`,
  `x"y,1,${T},secret-10`,
]
const COLUMNS = ['--columns', 'sensor_id=Phone,value=Rating,event_time=Time_GMT']

async function dead(fixture: PipelineFixture): Promise<{ row: string; line: string; reason: string }[]> {
  const rows = kafkaSource({
    brokers: [fixture.broker.address],
    topic: 'telemetry.v0.dead',
    value: bytes,
    until: 'end',
    assignment: 'all',
    select: (content, record) => {
      const row = Buffer.from(content).toString('latin1')
      const headers = Object.fromEntries(record.headers().map(([name, value]) => [name, String(value)]))
      return { row, line: headers['line'] ?? '', reason: headers['reason'] ?? '' }
    },
  })
  const found: { row: string; line: string; reason: string }[] = []
  for await (const row of from(rows)) found.push(row)
  return found
}

test('a file that is bad in places goes through: every good row into the tables, every bad one to the dead topic, and verify agrees', async () => {
  const fixture = await PipelineFixture.open()
  const invalid = Buffer.concat([Buffer.from('x,1,'), Buffer.from(T), Buffer.from(',Zo'), Buffer.from([0xeb, 13, 10])])
  const csv = Buffer.concat([
    Buffer.from(`\uFEFFNote,Rating,Time_GMT,Phone\r\n`),
    Buffer.from(`${GOOD.join('\r\n')}\r\n\r\n${BAD.join('\r\n')}\r\n`),
    invalid,
    Buffer.from('x,1,2026-01-0'),
  ])
  const input = await fixture.file('in.csv', csv)
  const produced = await fixture.run('produce', '--input', input, ...COLUMNS)
  expect(produced.code, produced.stderr).toBe(0)
  expect(produced.stdout).toContain(
    `${GOOD.length} messages on telemetry.v0, ${BAD.length + 2} bad rows on telemetry.v0.dead`,
  )
  const job = await fixture.run('job', '--until-end')
  expect(job.code, job.stderr).toBe(0)
  const verified = await fixture.run('verify', '--input', input, ...COLUMNS)
  expect(verified.stdout + verified.stderr).toContain(
    `VERIFIED: ${GOOD.length + BAD.length + 2} rows in the CSV, ${BAD.length + 2} of them bad`,
  )
  expect(verified.code).toBe(0)

  expect(await fixture.count('telemetry.raw_events')).toBe(GOOD.length)
  const rows = await dead(fixture)
  expect(rows.slice(0, BAD.length).map(({ row }) => row)).toEqual(BAD)
  expect(rows.map(({ reason }) => reason)).toEqual([
    'NUMBER_INVALID',
    'NUMBER_INVALID',
    'FIELD_EMPTY',
    'NUMBER_INVALID',
    'FIELD_EMPTY',
    'TIMESTAMP_INVALID',
    'TIMESTAMP_OUT_OF_RANGE',
    'TIMESTAMP_OUT_OF_RANGE',
    'TIMESTAMP_INVALID',
    'FIELDS_MISSING',
    'FIELDS_EXTRA',
    'FIELD_TOO_LONG',
    'QUOTE_INVALID',
    'UTF8_INVALID',
    'FIELDS_MISSING',
  ])
  // Header, seven good rows of which one has two lines, a blank line: the first bad row is in line 11.
  expect(rows[0]!.line).toBe('11')

  // No plain id is anywhere but in the original bytes of dead rows.
  const messages: string[] = []
  for await (const message of from(
    kafkaSource({
      brokers: [fixture.broker.address],
      topic: 'telemetry.v0',
      value: text,
      until: 'end',
      assignment: 'all',
    }),
  )) {
    messages.push(message)
  }
  const { rows: stored } = await fixture.database.query('select r::text from telemetry.raw_events r')
  const seen = [
    ...messages,
    JSON.stringify(stored),
    produced.stderr,
    produced.stdout,
    job.stderr,
    job.stdout,
    verified.stdout,
  ].join('\n')
  for (const id of [...GOOD_IDS, 'secret-']) expect(seen).not.toContain(id)
  expect(messages[0]).toMatch(
    /^\{"sensor_id":\d+,"value":[\d.e-]+,"event_time":"[^"]{23}Z","meta":\{"kid":"k1-[0-9a-f]{8}"\}\}$/,
  )
})

test.each([
  ['an empty file', '', 'CSV_FILE_EMPTY'],
  ['a missing column', 'sensor_id,value\na,1\n', 'CSV_COLUMN_MISSING'],
  ['a column that is there twice', 'sensor_id,value,value,event_time\n', 'CSV_COLUMN_DUPLICATED'],
  ['another delimiter', 'sensor_id;value;event_time\na;1;2026-01-01\n', 'CSV_COLUMN_MISSING'],
])('%s ends in an error with a code', async (_, content, code) => {
  const fixture = await PipelineFixture.open()
  const input = await fixture.file('in.csv', content)
  const produced = await fixture.run('produce', '--input', input)
  expect(produced.code).toBe(1)
  expect(produced.stderr).toContain(code)
})

test('a file that is not there ends in an error that names it', async () => {
  const fixture = await PipelineFixture.open()
  const produced = await fixture.run('produce', '--input', '/nowhere/in.csv')
  expect(produced).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/CSV_UNREADABLE: \/nowhere\/in\.csv cannot be read/),
  })
})

test('a file with a header alone is no error: nothing in, nothing out', async () => {
  const fixture = await PipelineFixture.open()
  const input = await fixture.file('in.csv', 'sensor_id,value,event_time\r\n')
  await fixture.succeed('produce', '--input', input)
  await fixture.succeed('job', '--until-end')
  await fixture.succeed('verify', '--input', input)
})

test('readings that come more than an hour too late stay raw events, are listed, and verify agrees', async () => {
  const fixture = await PipelineFixture.open()
  const times = ['00:00:00', '00:00:30', '03:00:00', '00:00:45', '02:30:00', '03:00:01']
  const csv = `sensor_id,value,event_time\n${times.map((time, i) => `a,${i},2026-01-01T${time}Z\n`).join('')}`
  const input = await fixture.file('in.csv', csv)
  const report = `${fixture.folder}/report.json`
  const run = await fixture.run('run', '--input', input, '--no-dashboard', '--report', report)
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({
    rawRows: 6,
    aggregateRows: 3,
    lateRecords: 1,
    verified: true,
  })
  const { rows } = await fixture.database.query('select kafka_offset::int, late_by_ms::int from telemetry.late_records')
  expect(rows).toEqual([{ kafka_offset: 3, late_by_ms: (2 * 3600 - 60 - 5) * 1000 }])
})
