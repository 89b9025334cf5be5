import type { Batch, Change, CheckpointStore, RestoredTask, Sink } from '@rtp/stream-core/extend'
import { type SinkContractOptions, type SinkPlace, sinkContract } from '@rtp/stream-testing'
import { describe, onTestFinished, test } from 'vitest'
import { int8, text } from '../../src/index.ts'
import { checkpointOf, nextCheckpoint } from '../checkpoints/checkpoint-of.ts'
import { sharedDatabase } from '../database.ts'

interface Item {
  readonly id: number
  readonly name: string
}

const COLUMNS = { id: int8<Item>(item => item.id), name: text<Item>(item => item.name) }
const database = sharedDatabase({ maxBufferedBytes: 100_000 })

let places = 0

const options = (create: () => Promise<SinkPlace<Item>>): SinkContractOptions<Item> => ({
  create,
  record: number => ({ id: number, name: `item ${number}` }),
  holdsBackAfter: 20_000,
})

async function appendPlace(): Promise<SinkPlace<Item>> {
  const table = `items_${places++}`
  await database().sql(`CREATE TABLE ${table} (id int8, name text)`)
  return placeOf(table, database().db.append(table, COLUMNS), 'ctid')
}

async function upsertPlace(): Promise<SinkPlace<Item>> {
  const table = `items_${places++}`
  await database().sql(`CREATE TABLE ${table} (id int8 PRIMARY KEY, name text)`)
  return placeOf(table, database().db.upsert(table, COLUMNS, { key: ['id'] }), 'id')
}

/** The rules are told in rows, so each row is inserted. */
async function applyPlace(): Promise<SinkPlace<Item>> {
  const table = `items_${places++}`
  await database().sql(`CREATE TABLE ${table} (id int8 PRIMARY KEY, name text)`)
  return placeOf(table, insertingInto(database().db.apply(table, COLUMNS, { key: ['id'] })), 'id')
}

function insertingInto(sink: Sink<Change<Item>>): Sink<Item> {
  return {
    ...sink,
    async open(context) {
      const writer = await sink.open(context)
      const asInserts = (batch: Batch<Item>): Batch<Change<Item>> => ({
        ...batch,
        values: batch.values.map(value => ({ op: 'insert', value })),
      })
      return {
        write: batch => writer.write(asInserts(batch)),
        ready: () => writer.ready(),
        seal: () => writer.seal(),
        close: () => writer.close(),
      }
    },
  }
}

function placeOf(table: string, sink: SinkPlace<Item>['sink'], order: string): SinkPlace<Item> {
  const { db, sql } = database()
  let opened: Promise<{ store: CheckpointStore; task: RestoredTask }> | undefined
  const open = async () => {
    const store = db.checkpoints()
    await store.open({ job: table, signal: new AbortController().signal })
    onTestFinished(() => store.close())
    return { store, task: (await store.acquire(['t']))[0]! }
  }
  return {
    sink,
    visible: async () => (await sql(`SELECT id::int, name FROM ${table} ORDER BY ${order}`)) as unknown as Item[],
    async transaction(work) {
      opened ??= open()
      const { store, task } = await opened
      const next = nextCheckpoint(task, { p: task.sequence + 1 })
      const output = { records: 0, bytes: 0, flush: () => Promise.resolve(), join: work }
      await store.commit(checkpointOf(table, next), [output])
      opened = Promise.resolve({ store, task: { ...task, ...next } })
    },
  }
}

describe.each([
  ['append, in the checkpoint', options(appendPlace)],
  ['append, on its own', { ...options(appendPlace), durableBy: 'flush' as const }],
  ['upsert, in the checkpoint', { ...options(upsertPlace), ordered: false }],
  ['upsert, on its own', { ...options(upsertPlace), ordered: false, durableBy: 'flush' as const }],
  ['apply, in the checkpoint', { ...options(applyPlace), ordered: false }],
  ['apply, on its own', { ...options(applyPlace), ordered: false, durableBy: 'flush' as const }],
])('keeps the rules of every sink: %s', (_, contract) => {
  for (const { name, run } of sinkContract(contract)) test(name, run)
})
