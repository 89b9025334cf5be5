import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Source } from '../../src/extend.ts'
import {
  type CheckpointStore,
  fileCheckpointStore,
  type Job,
  memoryCheckpointStore,
  pipeline,
  type RunOptions,
  run,
  silentLogger,
} from '../../src/index.ts'

let directory: string
let store: CheckpointStore

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtp-layout-'))
  store = fileCheckpointStore({ directory })
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const numbers = (count: number) => scriptedSource([records(Array.from({ length: count }, (_, i) => i))])

/** What a topic is that can be deleted and made anew. */
function withContent<T>(source: Source<T>, content: string): Source<T> {
  return {
    ...source,
    async open(context) {
      const session = await source.open(context)
      return {
        partitions: session.partitions,
        content,
        read: (partition, from) => session.read(partition, from),
        close: () => session.close(),
      }
    },
  }
}

/** Runs a job "numbers" that copies its source; what it gives are the records that came through. */
async function copied(source: Source<number>, name: string, options: RunOptions = {}, sinkName = 'rows') {
  const job = pipeline('numbers')
  const sink = recordingSink<number>()
  job.from(source, { name }).sink(sink, { name: sinkName })
  await run(job, { store, restart: { attempts: 0 }, ...options }).done
  return sink.values
}

describe('a pipeline under the name of another', () => {
  it('is refused where it reads something else, before it takes anything from the other, with the ways out', async () => {
    await copied(numbers(3), 'orders')
    const acquired: string[] = []
    const watched = {
      ...store,
      acquire: (tasks: readonly string[]) => {
        acquired.push(...tasks)
        return store.acquire(tasks)
      },
    }
    await expect(copied(numbers(5), 'payments', { store: watched })).rejects.toThrow(
      /SOURCE_UNKNOWN: .*positions of source "orders".*reads "payments".*another job name.*renameState.*dropState/,
    )
    expect(acquired).toEqual([])
    expect(await copied(numbers(5), 'orders')).toEqual([3, 4])
  })

  it('is refused also where the store cannot be looked into without taking tasks over', async () => {
    const blind = { ...memoryCheckpointStore(), archive: undefined, durable: true }
    await copied(numbers(3), 'orders', { store: blind })
    await expect(copied(numbers(5), 'payments', { store: blind })).rejects.toMatchObject({ code: 'SOURCE_UNKNOWN' })
  })

  it('goes on where it is the same with other steps, and says so once', async () => {
    const warnings: unknown[] = []
    const logger = { ...silentLogger, warn: (_: string, fields: unknown) => void warnings.push(fields) }
    await copied(numbers(3), 'orders', { logger })
    expect(await copied(numbers(4), 'orders', { logger })).toEqual([3])
    expect(warnings).toEqual([])
    expect(await copied(numbers(5), 'orders', { logger }, 'other rows')).toEqual([4])
    expect(warnings).toEqual([
      {
        job: 'numbers',
        checkpointed: expect.stringMatching(/^[0-9a-f]{16}$/),
        now: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    ])
  })

  it('ends the one that finds a task of its own in the hands of the other, instead of fencing each other for ever', async () => {
    const shared = { ...memoryCheckpointStore(), durable: true }
    const members: { assigned: readonly number[]; changed: () => void }[] = []
    /** One partition that a group gives to one process after the other. */
    const grouped = (source: Source<number>): Source<number> => ({
      ...source,
      async open(context) {
        const session = await source.open(context)
        const member = { assigned: (members.length === 0 ? [0] : []) as readonly number[], changed: () => {} }
        members.push(member)
        return {
          partitions: session.partitions,
          isGroupMember: true,
          assigned: () => member.assigned,
          onAssignment: changed => {
            member.changed = changed
          },
          read: (partition, from) => session.read(partition, from),
          close: () => session.close(),
        }
      },
    })
    const start = (sinkName: string, input: readonly number[]): { job: Job; stop: ReturnType<typeof pause> } => {
      const stop = pause()
      const job = pipeline('numbers')
      job
        .from(grouped({ ...scriptedSource([[...records([...input]), stop]]), bounded: false }), { name: 'orders' })
        .sink(recordingSink<number>(), { name: sinkName })
      return { job: run(job, { store: shared, checkpoint: { records: 1 } }), stop }
    }
    const give = (to: number) => {
      for (const [index, member] of members.entries()) {
        member.assigned = index === to ? [0] : []
        member.changed()
      }
    }
    const first = start('rows', [1, 2])
    await expect.poll(() => first.job.metrics().checkpoints.completed).toBeGreaterThan(0)
    const other = start('other rows', [1, 2, 3, 4])
    await expect.poll(() => members.length).toBe(2)
    give(1)
    await expect.poll(() => other.job.metrics().checkpoints.completed).toBeGreaterThan(0)
    give(0)
    await expect(first.job.done).rejects.toThrow(
      /JOB_NAME_TAKEN: task "0" of job "numbers".*two pipelines run under one name/,
    )
    first.stop.release()
    other.stop.release()
    await other.job.cancel()
  })
})

describe('a source that is not the one that was checkpointed', () => {
  it('is refused where it was made anew under the old name, although the position is in it', async () => {
    await copied(withContent(numbers(3), 'topic 1'), 'orders')
    await expect(copied(withContent(numbers(9), 'topic 2'), 'orders')).rejects.toThrow(
      /SOURCE_REPLACED: source "orders".*\(topic 1 then, topic 2 now\).*deleted and made anew.*new job name.*dropState/,
    )
    expect(await copied(withContent(numbers(4), 'topic 1'), 'orders')).toEqual([3])
  })

  it('is read from its start under another name, when the old positions are dropped', async () => {
    await copied(withContent(numbers(3), 'topic 1'), 'orders')
    const options = { dropState: ['orders'] }
    expect(await copied(withContent(numbers(2), 'topic 2'), 'orders 2', options)).toEqual([0, 1])
    expect(await copied(withContent(numbers(3), 'topic 2'), 'orders 2')).toEqual([2])
  })

  it('goes on from its positions under its new name', async () => {
    await copied(withContent(numbers(3), 'topic 1'), 'orders')
    const options = { renameState: { orders: 'all orders' } }
    expect(await copied(withContent(numbers(4), 'topic 1'), 'all orders', options)).toEqual([3])
    expect(await copied(withContent(numbers(5), 'topic 1'), 'all orders')).toEqual([4])
    await expect(
      copied(withContent(numbers(5), 'topic 2'), 'renamed again', { renameState: { 'all orders': 'renamed again' } }),
    ).rejects.toMatchObject({ code: 'SOURCE_REPLACED' })
  })

  it('leaves the checkpoint although no record comes', async () => {
    await copied(numbers(3), 'orders')
    expect(await copied(numbers(0), 'orders 2', { dropState: ['orders'] })).toEqual([])
    expect(await copied(numbers(1), 'orders 2')).toEqual([0])
  })

  it('may be told apart from now on: a checkpoint that does not know is taken', async () => {
    await copied(numbers(3), 'orders')
    expect(await copied(withContent(numbers(4), 'topic 1'), 'orders')).toEqual([3])
    await expect(copied(withContent(numbers(9), 'topic 2'), 'orders')).rejects.toMatchObject({
      code: 'SOURCE_REPLACED',
    })
  })
})
