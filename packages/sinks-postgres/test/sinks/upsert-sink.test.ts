import { expect, onTestFinished, test } from 'vitest'
import { arrayOf, float8, int8, numeric, text, timestamptz } from '../../src/index.ts'
import { testDatabase } from '../database.ts'
import { batchOf, madeBatch, sinkContext } from '../records.ts'

interface Row {
  readonly id: number
  readonly name: string
}

test('keeps the last of several rows with one key, within a batch and across batches of a part', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE t (id int8, kind text, name text, PRIMARY KEY (kind, id))')
  const writer = await db
    .upsert<Row>('t', { id: int8(r => r.id), kind: text(() => 'k'), name: text(r => r.name) }, { key: ['id', 'kind'] })
    .open(sinkContext())
  onTestFinished(() => writer.close())

  writer.write(
    madeBatch([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
      { id: 1, name: 'c' },
    ]),
  )
  writer.write(
    madeBatch([
      { id: 3, name: 'd' },
      { id: 2, name: 'e' },
    ]),
  )
  const part = writer.seal()!
  expect(part.records).toBe(5)
  await part.flush()
  expect(await sql('SELECT name FROM t ORDER BY ctid')).toEqual([{ name: 'c' }, { name: 'e' }, { name: 'd' }])

  writer.write(madeBatch([{ id: 2, name: 'f' }]))
  await writer.seal()!.flush()
  expect(await sql('SELECT id::int, name FROM t ORDER BY id')).toEqual([
    { id: 1, name: 'c' },
    { id: 2, name: 'f' },
    { id: 3, name: 'd' },
  ])
})

test('takes keys as equal that the database takes as equal', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE t (a float8, b numeric, n int8, PRIMARY KEY (a, b))')
  const writer = await db
    .upsert<[number, string, number]>(
      't',
      { a: float8(r => r[0]), b: numeric(r => r[1]), n: int8(r => r[2]) },
      { key: ['a', 'b'] },
    )
    .open(sinkContext())
  onTestFinished(() => writer.close())
  writer.write(
    madeBatch([
      [0, '1.0', 1],
      [-0, '1.00', 2],
      [0, '1', 3],
    ]),
  )
  await writer.seal()!.flush()
  expect(await sql('SELECT n::int FROM t')).toEqual([{ n: 3 }])
})

test('refuses a row without a key, and says which record it was', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE t (id int8 UNIQUE, name text)')
  const writer = await db
    .upsert<Row>('t', { id: int8(r => (r.name === '' ? null : r.id)), name: text(r => r.name) }, { key: ['id'] })
    .open(sinkContext())
  onTestFinished(() => writer.close())
  expect(() =>
    writer.write(
      batchOf(
        [
          { id: 1, name: 'a' },
          { id: 2, name: '' },
        ],
        { offset: 10 },
      ),
    ),
  ).toThrow(/POSTGRES_VALUE_INVALID: column "id" of t is part of the key and got null.*telemetry.v0\/3 offset 11/)
})

test('writes a part of more rows than one statement takes', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE t (at timestamptz PRIMARY KEY, tags text[])')
  const writer = await db
    .upsert<number>('t', { at: timestamptz(n => n), tags: arrayOf('text', n => [`"${n}"`, null]) }, { key: ['at'] })
    .open(sinkContext())
  onTestFinished(() => writer.close())
  for (let from = 0; from < 45_000; from += 5_000)
    writer.write(madeBatch(Array.from({ length: 5_000 }, (_, i) => from + i)))
  await writer.seal()!.flush()
  const check = `SELECT count(*)::int AS rows, bool_and(tags = ARRAY['"' || round(extract(epoch FROM at) * 1000) || '"', NULL]) AS equal FROM t`
  expect(await sql(check)).toEqual([{ rows: 45_000, equal: true }])
})

test('changes nothing in a row that has only its key', async () => {
  const { db, sql } = await testDatabase()
  await sql('CREATE TABLE t (id int8 PRIMARY KEY)')
  const writer = await db.upsert<number>('t', { id: int8(n => n) }, { key: ['id'] }).open(sinkContext())
  onTestFinished(() => writer.close())
  for (let i = 0; i < 2; i++) {
    writer.write(madeBatch([1, 2]))
    await writer.seal()!.flush()
  }
  expect(await sql('SELECT FROM t')).toHaveLength(2)
})
