import { expect, onTestFinished, test } from 'vitest'
import {
  type Columns,
  date,
  float8,
  int4,
  int8,
  jsonb,
  numeric,
  recordOffset,
  recordPartition,
  recordTime,
  timestamptz,
} from '../../src/index.ts'
import { testDatabase } from '../database.ts'
import { batchOf, madeBatch, sinkContext } from '../records.ts'

test('writes infinities, NaN and dates as text', async () => {
  const rows = await written(
    'd date, t timestamptz, f float8, n numeric',
    { d: date(r => r.d), t: timestamptz(r => r.t), f: float8(r => r.f), n: numeric(r => r.n) },
    [
      { d: Infinity, t: Infinity, f: Infinity, n: Infinity },
      { d: -Infinity, t: -Infinity, f: -Infinity, n: -Infinity },
      { d: '2024-02-29', t: 0.5, f: Number.NaN, n: Number.NaN },
      { d: '0001-01-01', t: -62_135_596_800_000, f: -0, n: '-0.000' },
      { d: -1, t: -210_866_803_200_000, f: 5e-324, n: 1e-7 },
    ],
  )
  expect(rows).toEqual([
    { d: 'infinity', t: 'infinity', f: 'Infinity', n: 'Infinity' },
    { d: '-infinity', t: '-infinity', f: '-Infinity', n: '-Infinity' },
    { d: '2024-02-29', t: '1970-01-01 00:00:00.0005+00', f: 'NaN', n: 'NaN' },
    { d: '0001-01-01', t: '0001-01-01 00:00:00+00', f: '-0', n: '0.000' },
    { d: '1969-12-31', t: '4714-11-24 00:00:00+00 BC', f: '5e-324', n: '0.0000001' },
  ])
})

test('reads partition, offset and time from the batch; NULL where a record has none', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE t (part int4, off int8, at timestamptz, ms float8)')
  const writer = await db
    .append<unknown>('t', {
      part: int4(recordPartition),
      off: int8(recordOffset),
      at: timestamptz(recordTime),
      ms: float8(recordTime),
    })
    .open(sinkContext())
  onTestFinished(() => writer.close())
  writer.write(batchOf([{}, {}], { partition: 5, offset: 2 ** 40, times: [1_000] }))
  writer.write(madeBatch([{}]))
  await writer.seal()!.flush()
  expect(await sql('SELECT part, off, extract(epoch FROM at)::int AS at, ms FROM t')).toEqual([
    { part: 5, off: String(2 ** 40), at: 1, ms: 1_000 },
    { part: 5, off: String(2 ** 40 + 1), at: null, ms: null },
    { part: null, off: null, at: null, ms: null },
  ])
})

test('writes raw JSON, text or bytes, without reading it, and locates what the server refuses', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE t (j jsonb)')
  const writer = await db.append<string | Uint8Array>('t', { j: jsonb(r => r, { raw: true }) }).open(sinkContext())
  onTestFinished(() => writer.close())
  writer.write(batchOf(['{"a":  1}', Buffer.from('[null, "é"]')]))
  await writer.seal()!.flush()
  expect(await sql('SELECT j::text FROM t')).toEqual([{ j: '{"a": 1}' }, { j: '[null, "é"]' }])

  writer.write(batchOf(['{}', '{"geheim'], { offset: 3 }))
  const error = await writer
    .seal()!
    .flush()
    .catch((cause: unknown) => cause)
  expect(error).toMatchObject({ code: 'POSTGRES_VALUE_REFUSED', place: { partition: 'telemetry.v0/3' } })
  expect(String(error)).toMatch(/column j, row 2 of this part.*a record of telemetry.v0\/3 at an offset from 3 to 4/)
  expect(String(error)).not.toContain('geheim')
})

type Row = Record<'d' | 't' | 'f' | 'n', never>

async function written(table: string, columns: Columns<Row>, records: readonly object[]) {
  const { db, sql } = await testDatabase()
  await sql(`CREATE TABLE t (${table}); SET TimeZone = 'UTC'`)
  const writer = await db.append<Row>('t', columns).open(sinkContext())
  onTestFinished(() => writer.close())
  writer.write(batchOf(records as readonly Row[]))
  await writer.seal()!.flush()
  return sql(
    `SELECT ${Object.keys(columns)
      .map(name => `${name}::text`)
      .join(', ')} FROM t`,
  )
}
