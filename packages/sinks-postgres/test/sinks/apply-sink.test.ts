import { type Change, count, descending, pipeline, run, StreamError, sum } from '@rtp/stream-core'
import { crash, records, scriptedSource } from '@rtp/stream-testing'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { int4, int8, recordOffset, text } from '../../src/index.ts'
import { plainClient, sharedDatabase, testDatabase } from '../database.ts'
import { batchOf, madeBatch, sinkContext } from '../records.ts'

interface Row {
  readonly id: number
  readonly name: string
}

const database = sharedDatabase()
const columns = { id: int8<Row>(r => r.id), name: text<Row>(r => r.name) }
const row = (id: number, name = ''): Row => ({ id, name })
const insert = (id: number, name: string): Change<Row> => ({ op: 'insert', value: row(id, name) })
const before = (id: number, name = ''): Change<Row> => ({ op: 'updateBefore', value: row(id, name) })
const after = (id: number, name: string): Change<Row> => ({ op: 'updateAfter', value: row(id, name) })
const remove = (id: number, name = ''): Change<Row> => ({ op: 'delete', value: row(id, name) })

let tables = 0

async function open(definition = '(id int8 PRIMARY KEY, name text)') {
  const { db, sql } = database()
  const table = `applied_${tables++}`
  await sql(`CREATE TABLE ${table} ${definition}`)
  const writer = await db.apply<Row>(table, columns, { key: ['id'] }).open(sinkContext())
  onTestFinished(() => writer.close())
  return {
    table,
    writer,
    rows: async () => await sql(`SELECT id::int, name FROM ${table} ORDER BY id`),
    flush: async (...changes: readonly Change<Row>[]) => {
      if (changes.length > 0) writer.write(madeBatch(changes))
      await writer.seal()?.flush()
    },
  }
}

test('writes what is inserted and updated, and deletes what is deleted', async () => {
  const { rows, flush } = await open()
  await flush(insert(1, 'a'), insert(2, 'b'), insert(3, 'c'))
  await flush(before(1, 'a'), after(1, 'A'), remove(2, 'b'))
  expect(await rows()).toEqual([row(1, 'A'), row(3, 'c')])
})

test('counts the last change of each key between two checkpoints, whatever came before it', async () => {
  const { rows, flush, writer } = await open()
  await flush(insert(9, 'old'))
  writer.write(madeBatch([insert(1, 'a'), remove(1), insert(2, 'b'), after(2, 'B'), remove(9)]))
  writer.write(madeBatch([insert(3, 'c'), insert(1, 'again'), remove(3), insert(9, 'new'), remove(2)]))
  await flush()
  expect(await rows()).toEqual([row(1, 'again'), row(9, 'new')])
})

test('leaves nothing behind of an update that changes the key', async () => {
  const { rows, flush } = await open()
  await flush(insert(1, 'a'))
  await flush(before(1, 'a'), after(2, 'a'))
  expect(await rows()).toEqual([row(2, 'a')])
})

test('deletes what is taken back without an updateAfter, as where a filter let only the row before pass', async () => {
  const { rows, flush } = await open()
  await flush(insert(1, 'a'))
  await flush(before(1, 'a'))
  expect(await rows()).toEqual([])
})

test('reads no more than the key of a row that goes', async () => {
  const { rows, flush } = await open('(id int8 PRIMARY KEY, name text NOT NULL)')
  await flush(insert(1, 'a'))
  const tombstone = { op: 'delete', value: { id: 1 } } as unknown as Change<Row>
  await flush(tombstone)
  expect(await rows()).toEqual([])
})

test('frees what is unique before another row takes it', async () => {
  const { rows, flush } = await open('(id int8 PRIMARY KEY, name text UNIQUE)')
  await flush(insert(1, 'a'))
  await flush(insert(2, 'a'), remove(1, 'a'))
  expect(await rows()).toEqual([row(2, 'a')])
})

test('does nothing for a delete of what is not there', async () => {
  const { rows, flush } = await open()
  await flush(remove(1), insert(2, 'b'))
  expect(await rows()).toEqual([row(2, 'b')])
})

test('refuses a change of a row without a key, and says which record it was', async () => {
  const { writer } = await open()
  const nameless = { op: 'delete', value: { name: 'x' } } as unknown as Change<Row>
  const write = () => writer.write(batchOf([insert(1, 'a'), nameless], { offset: 40 }))
  expect(write).toThrow('column "id"')
  expect(write).toThrow(StreamError)
})

test('knows the offset of every change, also where deletes stand between them', async () => {
  const { db, sql } = database()
  const table = `applied_${tables++}`
  await sql(`CREATE TABLE ${table} (id int8 PRIMARY KEY, off int8)`)
  const sink = db.apply<Row>(table, { id: int8(r => r.id), off: int8(recordOffset) }, { key: ['id'] })
  const writer = await sink.open(sinkContext())
  onTestFinished(() => writer.close())
  writer.write(batchOf([insert(1, 'a'), remove(7), insert(2, 'b')], { offset: 40 }))
  await writer.seal()!.flush()
  expect(await sql(`SELECT id::int, off::int FROM ${table} ORDER BY id`)).toEqual([
    { id: 1, off: 40 },
    { id: 2, off: 42 },
  ])
})

test('is refused before the first record where the user may not delete', async () => {
  const { url, sql } = await testDatabase()
  await sql(`CREATE TABLE t (id int8 PRIMARY KEY, name text);
    CREATE ROLE writer_${process.pid} LOGIN PASSWORD 'w'; GRANT SELECT, INSERT, UPDATE ON t TO writer_${process.pid}`)
  const client = await plainClient(url)
  onTestFinished(async () => {
    await client.query(`DROP OWNED BY writer_${process.pid}; DROP ROLE writer_${process.pid}`)
    await client.end()
  })
  const { postgres } = await import('../../src/index.ts')
  const address = new URL(url)
  address.username = `writer_${process.pid}`
  address.password = 'w'
  const db = postgres({ url: address.href })
  await expect(db.apply<Row>('t', columns, { key: ['id'] }).open(sinkContext())).rejects.toThrow('GRANT DELETE ON t')
})

test('applying changes gives the table that they describe, however they are cut into batches and parts', async () => {
  const { rows, flush, writer } = await open()
  const change = fc.oneof(
    fc.tuple(fc.nat(5), fc.constantFrom('a', 'b', 'c')).map(([id, name]) => insert(id, name)),
    fc.tuple(fc.nat(5), fc.constantFrom('a', 'b', 'c')).map(([id, name]) => after(id, name)),
    fc.nat(5).map(id => remove(id)),
    fc.nat(5).map(id => before(id)),
    fc.constantFrom('batch' as const, 'part' as const),
  )
  const expected = new Map<number, Row>()
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 40 }), async steps => {
      let batch: Change<Row>[] = []
      for (const step of [...steps, 'part' as const]) {
        if (typeof step === 'object') {
          batch.push(step)
          if (step.op === 'insert' || step.op === 'updateAfter') expected.set(step.value.id, step.value)
          else expected.delete(step.value.id)
          continue
        }
        writer.write(madeBatch(batch))
        batch = []
        if (step === 'part') await flush()
      }
      const inOrder = [...expected.values()].sort((a, b) => a.id - b.id)
      expect(await rows()).toEqual(inOrder)
    }),
    { numRuns: propertyRuns(60), seed: 4, endOnFailure: true },
  )
})

interface Bid {
  readonly item: number
  readonly bidder: number
  readonly price: number
}

/** Bids that bring every row of the results to change many times. */
const bids: readonly Bid[] = Array.from({ length: 600 }, (_, i) => ({
  item: i % 7,
  bidder: (i * 31) % 11,
  price: (i * 7919) % 1_000,
}))

/** The three highest bids of each item by place, and what each of the first bidders of the items has bid. */
async function runAuction(name: string, crashesAt: readonly number[]): Promise<readonly unknown[]> {
  const { db, sql } = await testDatabase()
  await sql(`CREATE TABLE places (item int8, rank int4, bidder int8, price int8, PRIMARY KEY (item, rank));
    CREATE TABLE leaders (bidder int8 PRIMARY KEY, items int8, total int8)`)
  const cuts = [0, ...crashesAt, bids.length]
  const steps = cuts
    .slice(1)
    .flatMap((to, i) => [...records(bids.slice(cuts[i], to)), ...(to < bids.length ? [crash({ times: 2 })] : [])])
  const job = pipeline(name)
  const ranked = job
    .from(scriptedSource([steps], { batchSize: 13 }))
    .keyBy(bid => bid.item)
    .topN(3, { orderBy: descending(bid => bid.price), rank: true, name: 'highest' })
  ranked.sink(
    db.apply(
      'places',
      {
        item: int8(r => r.row.item),
        rank: int4(r => r.rank),
        bidder: int8(r => r.row.bidder),
        price: int8(r => r.row.price),
      },
      { key: ['item', 'rank'] },
    ),
  )
  ranked
    .filterRows(r => r.rank === 1)
    .keyRowsBy(r => r.row.bidder)
    .groupAggregate({ items: count(), total: sum(r => r.row.price) }, { name: 'leading' })
    .sink(
      db.apply(
        'leaders',
        { bidder: int8(g => g.key), items: int8(g => g.value.items), total: int8(g => g.value.total) },
        { key: ['bidder'] },
      ),
    )
  const store = db.checkpoints()
  expect(job.explain({ store })).toContain('exactly-once')
  await run(job, { store, checkpoint: { records: 40 }, restart: { initialDelayMs: 1 } }).done
  return [
    await sql('SELECT item::int, rank, bidder::int, price::int FROM places ORDER BY item, rank'),
    await sql('SELECT bidder::int, items::int, total::int FROM leaders ORDER BY bidder'),
  ]
}

test('a job that fails and replays again and again leaves the tables that one without failures does', async () => {
  const whole = await runAuction('auction', [])
  expect(whole[0]).toHaveLength(21)
  expect(await runAuction('auction', [100, 101, 333, 590])).toEqual(whole)
  const leaders = new Map<number, { items: number; total: number }>()
  for (let item = 0; item < 7; item++) {
    const best = bids.filter(bid => bid.item === item).reduce((a, b) => (b.price > a.price ? b : a))
    const { items, total } = leaders.get(best.bidder) ?? { items: 0, total: 0 }
    leaders.set(best.bidder, { items: items + 1, total: total + best.price })
  }
  const expected = [...leaders].sort(([a], [b]) => a - b).map(([bidder, sums]) => ({ bidder, ...sums }))
  expect(whole[1]).toEqual(expected)
})
