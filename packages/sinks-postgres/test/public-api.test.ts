import { pipeline } from '@rtp/stream-core'
import { expect, expectTypeOf, test } from 'vitest'
import * as api from '../src/index.ts'

test('exports exactly this', () => {
  expect(Object.keys(api).sort()).toEqual([
    'PostgresFailure',
    'arrayOf',
    'asText',
    'bool',
    'bytea',
    'date',
    'float4',
    'float8',
    'int2',
    'int4',
    'int8',
    'json',
    'jsonb',
    'numeric',
    'postgres',
    'recordOffset',
    'recordPartition',
    'recordTime',
    'text',
    'timestamp',
    'timestamptz',
    'uuid',
    'varchar',
  ])
})

test('infers the record in every column function, and refuses values of another type', () => {
  interface Reading {
    readonly at: number
    readonly name: string | undefined
    readonly tags: readonly string[]
  }
  const db = api.postgres({ url: 'postgresql://user@localhost/db' })
  const sink = db.append<Reading>('t', {
    at: api.timestamptz(r => r.at),
    name: api.text(r => r.name),
    tags: api.arrayOf('text', r => r.tags),
    part: api.int4(api.recordPartition),
  })
  expectTypeOf(sink.open).parameter(0).toHaveProperty('job')
  // @ts-expect-error a string is no bigint column's value
  db.append<Reading>('t', { at: api.int8(r => r.name) })
  // @ts-expect-error the record has no such field
  db.append<Reading>('t', { at: api.int8(r => r.nowhere) })
  // @ts-expect-error numbers are no texts
  db.append<Reading>('t', { tags: api.arrayOf('int4', r => r.tags) })
})

test('keeps sinks of rows and sinks of changes apart', () => {
  interface Row {
    readonly id: number
  }
  const db = api.postgres({ url: 'postgresql://user@localhost/db' })
  const columns = { id: api.int8<Row>(r => r.id) }
  const job = pipeline('types')
  const rows = job.from<Row>([])
  const changes = rows.keyBy(r => r.id).deduplicate({ keep: 'last', by: 'arrival' })
  rows.sink(db.append('t', columns))
  rows.sink(db.upsert('t', columns, { key: ['id'] }))
  changes.sink(db.apply('t', columns, { key: ['id'] }))
  // @ts-expect-error a change is no row
  changes.sink(db.append('t', columns))
  // @ts-expect-error a change is no row
  changes.sink(db.upsert('t', columns, { key: ['id'] }))
  // @ts-expect-error a row is no change
  rows.sink(db.apply('t', columns, { key: ['id'] }))
})
