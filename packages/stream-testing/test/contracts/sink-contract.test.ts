import { describe, expect, it } from 'vitest'
import { memoryDatabase, recordingSink, type SinkPlace, sinkContract } from '../../src/index.ts'
import { plainSink, type SinkBug, sinkBugs } from './plain-sink.ts'

const record = (number: number) => ({ number })

describe('the recording sink', () => {
  const create = async (): Promise<SinkPlace<{ number: number }>> => {
    const sink = recordingSink<{ number: number }>({ capacity: 10_000 })
    return { sink, visible: async () => sink.values }
  }
  for (const { name, run } of sinkContract({ create, record, holdsBackAfter: 20_000 })) it(name, run)
})

describe('the recording sink addressed by key', () => {
  const create = async (): Promise<SinkPlace<{ number: number }>> => {
    const sink = recordingSink<{ number: number }>({ rewrite: 'idempotent', keyOf: row => String(row.number) })
    return { sink, visible: async () => sink.values }
  }
  for (const { name, run } of sinkContract({ create, record })) it(name, run)
})

describe("the memory database's sink", () => {
  const create = async (): Promise<SinkPlace<{ number: number }>> => {
    const database = memoryDatabase()
    const sink = database.sink<{ number: number }>({ capacity: 10_000 })
    return { sink, visible: async () => sink.values, transaction: work => database.transaction(work) }
  }
  for (const { name, run } of sinkContract({ create, record, holdsBackAfter: 20_000 })) it(name, run)
})

describe('sinkContract', () => {
  async function broken(bug?: SinkBug): Promise<string[]> {
    const names: string[] = []
    const create = async (): Promise<SinkPlace<number>> => {
      const target: number[] = []
      return { sink: plainSink(target, bug), visible: async () => target }
    }
    for (const { name, run } of sinkContract({
      create,
      record: number => number,
      holdsBackAfter: 10_000,
      patienceMs: 100,
    })) {
      await run().catch(() => names.push(name))
    }
    return names
  }

  it('accepts a plain sink that is right', async () => {
    expect(await broken()).toEqual([])
  })

  for (const bug of sinkBugs) {
    it(`finds a sink that ${bug}`, async () => {
      expect(await broken(bug)).not.toEqual([])
    })
  }
})
