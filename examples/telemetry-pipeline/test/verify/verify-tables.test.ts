import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase } from '@rtp/test-servers/vitest'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { DEFAULT_CONFIG } from '../../src/config/pipeline-config.ts'
import { Pseudonymizer } from '../../src/readings/pseudonym.ts'
import { type TopicContent, verifyTables } from '../../src/verify/verify-tables.ts'
import { fillTables, KEY, type Row } from './filled-tables.ts'

const START = Date.UTC(2026, 0, 1)
const ROWS: readonly Row[] = Array.from({ length: 40 }, (_, i) => ({
  id: `sensor ${i % 3}`,
  value: Math.round(Math.sin(i) * 1000) / 100,
  timeMs: START + Math.floor(i / 2) * 10_000,
}))
const NO_DIFFERENCE = { missingRows: 0, extraRows: 0, wrongAggregates: 0, missingAggregates: 0, extraAggregates: 0 }

let client: Client
let folder: string
beforeEach(async () => {
  const database = await freshDatabase()
  client = new Client({ connectionString: database.url })
  await client.connect()
  folder = await mkdtemp(join(tmpdir(), 'verify-'))
  onTestFinished(async () => {
    await database.drop()
    await rm(folder, { recursive: true })
  })
})
afterEach(() => client.end())

const csvLine = ({ id, value, timeMs }: Row) => `${id},${value},${new Date(timeMs).toISOString()}\r\n`
const csvOf = (rows: readonly Row[]) => `\uFEFFsensor_id,value,event_time\r\n${rows.map(csvLine).join('')}`

async function verify({ csv = csvOf(ROWS), topic }: { csv?: string; topic?: TopicContent } = {}) {
  const input = join(folder, 'in.csv')
  await writeFile(input, csv)
  return verifyTables(client, { input, config: DEFAULT_CONFIG, pseudonymizer: new Pseudonymizer(KEY) }, topic)
}

test('finds nothing where a faultless job wrote the tables', async () => {
  await fillTables(client, ROWS)
  expect(await verify()).toEqual({
    verified: true,
    rows: 40,
    badRows: 0,
    rawRows: 40,
    aggregateRows: 12,
    deadLetters: 0,
    lateRecords: 0,
    differences: NO_DIFFERENCE,
    findings: [],
  })
})

test.each([
  ['a raw row is gone', 'delete from telemetry.raw_events where kafka_offset = 7', { missingRows: 1 }],
  [
    'a value differs in its last bit',
    'update telemetry.raw_events set value = value + 1e-14 where kafka_offset = 7',
    { missingRows: 1, extraRows: 1 },
  ],
  [
    'a time differs by a millisecond',
    `update telemetry.raw_events set event_time = event_time + interval '1 ms' where kafka_offset = 7`,
    { missingRows: 1, extraRows: 1 },
  ],
  [
    'an id differs',
    'update telemetry.raw_events set sensor_id = sensor_id + 1 where kafka_offset = 7',
    { missingRows: 1, extraRows: 1 },
  ],
  [
    'a raw row stands twice',
    'insert into telemetry.raw_events select event_time, sensor_id, value, null, 0, 99 from telemetry.raw_events where kafka_offset = 7',
    { extraRows: 1 },
  ],
  [
    'a count is wrong',
    `update telemetry.agg_1min set cnt = cnt + 1 where window_start = '2026-01-01 00:01Z'`,
    { wrongAggregates: 3 },
  ],
  [
    'a minimum is wrong',
    `update telemetry.agg_1min set min_value = min_value - 1e-14 where window_start = '2026-01-01 00:01Z'`,
    { wrongAggregates: 3 },
  ],
  [
    'a maximum is wrong',
    `update telemetry.agg_1min set max_value = max_value + 1e-13 where window_start = '2026-01-01 00:01Z'`,
    { wrongAggregates: 3 },
  ],
  [
    'a mean is off by 1e-8',
    `update telemetry.agg_1min set avg_value = avg_value * (1 + 1e-8) where window_start = '2026-01-01 00:01Z'`,
    { wrongAggregates: 3 },
  ],
  [
    'a mean is no number',
    `update telemetry.agg_1min set avg_value = 'NaN' where window_start = '2026-01-01 00:01Z'`,
    { wrongAggregates: 3 },
  ],
  [
    'a window has another end',
    `update telemetry.agg_1min set window_end = window_end + interval '1 minute' where window_start = '2026-01-01 00:01Z'`,
    { wrongAggregates: 3 },
  ],
  [
    'an aggregate is gone',
    `delete from telemetry.agg_1min where window_start = '2026-01-01 00:01Z'`,
    { missingAggregates: 3 },
  ],
  [
    'an aggregate should not be there',
    `insert into telemetry.agg_1min values ('2026-01-01 01:00Z', '2026-01-01 01:01Z', 1, 1, 1, 1, 1)`,
    { extraAggregates: 1 },
  ],
])('finds that %s', async (_, damage, differences) => {
  await fillTables(client, ROWS)
  await client.query(damage)
  const found = await verify()
  expect(found.differences).toEqual({ ...NO_DIFFERENCE, ...differences })
  expect(found.verified).toBe(false)
  expect(found.findings.length).toBe(Object.keys(differences).length)
})

test('lets a mean differ by the order of its additions', async () => {
  await fillTables(client, ROWS)
  await client.query('update telemetry.agg_1min set avg_value = avg_value * (1 + 1e-12)')
  expect((await verify()).verified).toBe(true)
})

test('finds a place on the topic that was written twice', async () => {
  await fillTables(client, ROWS)
  await client.query('update telemetry.raw_events set kafka_offset = 8 where kafka_offset = 7')
  const found = await verify()
  expect(found.verified).toBe(false)
  expect(found.findings).toEqual([expect.stringContaining('partition 0 offset 8: 2 times')])
})

test('counts duplicates of a row in the CSV as rows of their own', async () => {
  await fillTables(client, [...ROWS, ROWS[0]!])
  expect((await verify({ csv: csvOf([...ROWS, ROWS[0]!]) })).verified).toBe(true)
  expect((await verify()).differences).toEqual({ ...NO_DIFFERENCE, extraRows: 1, wrongAggregates: 1 })
})

test('takes bad rows of the CSV as dead rows, and compares them with the dead topic by line', async () => {
  await fillTables(client, ROWS)
  const csv = `${csvOf(ROWS)}broken\r\na,NaN,2026-01-01\r\n`
  expect(await verify({ csv })).toMatchObject({ verified: true, rows: 42, badRows: 2 })
  expect(await verify({ csv, topic: { messages: 40, deadLines: [43, 42] } })).toMatchObject({ verified: true })
  const lost = await verify({ csv, topic: { messages: 40, deadLines: [42] } })
  expect(lost).toMatchObject({ verified: false, differences: { ...NO_DIFFERENCE, missingRows: 1 } })
  expect(lost.findings).toEqual(['1 bad rows of the CSV are not on the dead topic: line 43'])
  const twice = await verify({ csv, topic: { messages: 40, deadLines: [42, 43, 43] } })
  expect(twice).toMatchObject({ verified: false, differences: { ...NO_DIFFERENCE, extraRows: 1 } })
})

test('finds messages that are in neither table, and rows that never became messages', async () => {
  await fillTables(client, ROWS)
  expect((await verify({ topic: { messages: 41, deadLines: [] } })).findings).toEqual([
    expect.stringContaining('the topic holds 41 messages, raw_events and dead_letters 40'),
  ])
  await client.query(`insert into telemetry.dead_letters values ('t', 0, 40, 'NOT_JSON', 'is no JSON', 'x')`)
  expect((await verify({ topic: { messages: 41, deadLines: [] } })).verified).toBe(true)
  await client.query('delete from telemetry.raw_events where kafka_offset = 7')
  const lost = await verify({ topic: { messages: 40, deadLines: [] } })
  expect(lost).toMatchObject({ verified: false, differences: { missingRows: 1 } })
})

test('leaves records that came too late out of the expectation, but only where the order on the topic proves it', async () => {
  const late: Row = { id: 'sensor 0', value: 3, timeMs: START }
  const jump: Row = { id: 'sensor 1', value: 1, timeMs: START + 2 * 3_600_000 }
  const onTime = [...ROWS, jump]
  await fillTables(client, onTime)
  await client.query(
    'insert into telemetry.raw_events select $1, sensor_id, 3, null, 0, 41 from telemetry.raw_events where kafka_offset = 0',
    [new Date(START)],
  )
  const csv = csvOf([...onTime, late])
  expect((await verify({ csv })).differences).toEqual({ ...NO_DIFFERENCE, wrongAggregates: 1 })
  const list =
    'insert into telemetry.late_records select 0, kafka_offset, event_time, sensor_id, 1 from telemetry.raw_events where kafka_offset = $1'
  await client.query(list, [41])
  expect(await verify({ csv })).toMatchObject({ verified: true, lateRecords: 1 })
  // A record that was not late stays expected, whatever the list says.
  await client.query(list, [5])
  expect(await verify({ csv })).toMatchObject({ verified: true, lateRecords: 1 })
})

test('compares values of every size', async () => {
  const values = [1e308, 1e308, 1.7e308, -1e-300, 1e200, 0.1, -0, 5e15]
  const rows = values.map((value, i): Row => ({ id: `s${i < 3 ? 0 : i}`, value, timeMs: START }))
  await fillTables(client, rows)
  // The naive sum of the first three is infinite; their mean is not.
  await client.query(`update telemetry.agg_1min set avg_value = 1.2333333333333333e308 where cnt = 3`)
  expect(await verify({ csv: csvOf(rows) })).toMatchObject({ verified: true, findings: [] })
})

test('compares values that are too small for products of them', async () => {
  const values = [5e-324, -5e-324, 1e-320, 3e-300, -2.9e-300, 1.5e-308, 2.5e-290, 1e-200]
  const rows = values.map((value, i): Row => ({ id: `s${Math.floor(i / 2)}`, value, timeMs: START }))
  const more = values.map((value, i): Row => ({ id: `t${i}`, value, timeMs: START }))
  await fillTables(client, [...rows, ...more])
  const csv = csvOf([...rows, ...more])
  expect(await verify({ csv })).toMatchObject({ verified: true, findings: [] })
  await client.query('update telemetry.agg_1min set avg_value = avg_value * (1 + 1e-8) where max_value = 1e-200')
  expect((await verify({ csv })).differences).toEqual({ ...NO_DIFFERENCE, wrongAggregates: 2 })
})

test('says which tables are missing', async () => {
  await expect(verify()).rejects.toThrow(/^TABLE_MISSING: telemetry.raw_events, telemetry.agg_1min, .* is missing/)
})

test('leaves nothing behind in the database', async () => {
  await fillTables(client, ROWS)
  await verify()
  const { rows } = await client.query(
    "select count(*)::int as count from pg_class where relname like 'expected%' or relname = 'late_rows'",
  )
  expect(rows).toEqual([{ count: 0 }])
})
