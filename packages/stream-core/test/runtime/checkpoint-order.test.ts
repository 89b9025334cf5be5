import { manualClock, pause, records, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import type { CheckpointStore, Sink } from '../../src/extend.ts'
import { memoryCheckpointStore, pipeline, run } from '../../src/index.ts'

/** A store whose commits take their time; tells how many were under way at once, and what `onCommit` saw. */
function slowStore(onCommit: () => void): { readonly store: CheckpointStore; readonly most: () => number } {
  const store = memoryCheckpointStore()
  let underWay = 0
  let most = 0
  const commit: CheckpointStore['commit'] = async (checkpoint, outputs) => {
    most = Math.max(most, ++underWay)
    onCommit()
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    await store.commit(checkpoint, outputs)
    underWay--
  }
  return { store: { ...store, commit }, most: () => most }
}

/** A sink whose flushes take their time; tells how many records are durable. */
function slowSink(): { readonly sink: Sink<number>; readonly written: () => number; readonly durable: () => number } {
  let written = 0
  let sealed = 0
  let durable = 0
  const sink: Sink<number> = {
    name: 'slow',
    rewrite: 'append',
    open: async () => ({
      write: ({ size }) => {
        written += size
      },
      ready: () => undefined,
      seal() {
        const count = written - sealed
        sealed = written
        const flush = async (): Promise<void> => {
          for (let turn = 0; turn < 20; turn++) await nextTurn()
          durable += count
        }
        return count === 0 ? undefined : { records: count, bytes: count, flush }
      },
      close: async () => undefined,
    }),
  }
  return { sink, written: () => written, durable: () => durable }
}

describe('a checkpoint', () => {
  it('commits positions only when what was written before them is durable', async () => {
    const { sink, durable } = slowSink()
    const seen: { readonly positions: number; readonly durable: number }[] = []
    const store = memoryCheckpointStore()
    const watched: CheckpointStore = {
      ...store,
      async commit(checkpoint, outputs) {
        seen.push({ positions: Number([...checkpoint.tasks[0]!.positions.values()][0]), durable: durable() })
        await store.commit(checkpoint, outputs)
      },
    }
    const job = pipeline('order')
    job.from(scriptedSource([records(Array.from({ length: 50 }, (_, i) => i))], { batchSize: 5 })).sink(sink)
    await run(job, { store: watched, checkpoint: { records: 10 } }).done
    expect(seen.length).toBeGreaterThan(3)
    for (const { positions, durable } of seen) expect(durable).toBe(positions)
  })

  it('waits for the one before it, so that at most one is under way', async () => {
    const { sink } = slowSink()
    let commits = 0
    const { store, most } = slowStore(() => commits++)
    const job = pipeline('one at a time')
    job.from(scriptedSource([records(Array.from({ length: 200 }, (_, i) => i))], { batchSize: 5 })).sink(sink)
    await run(job, { store, checkpoint: { records: 10, intervalMs: 1 } }).done
    expect(commits).toBeGreaterThanOrEqual(20)
    expect(most()).toBe(1)
  })

  it('bounds what is read while a commit takes long, also when a timer has asked for the next one', async () => {
    const { sink, written } = slowSink()
    const store = memoryCheckpointStore()
    let release = (): void => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    const commit: CheckpointStore['commit'] = async (checkpoint, outputs) => {
      await held
      await store.commit(checkpoint, outputs)
    }
    const clock = manualClock()
    const job = pipeline('bounded')
    const numbers = (count: number) => records(Array.from({ length: count }, (_, i) => i))
    const stop = pause()
    job.from(scriptedSource([[...numbers(55), stop, ...numbers(445)]], { batchSize: 5 })).sink(sink)
    const running = run(job, { store: { ...store, commit }, checkpoint: { records: 50 }, clock })
    // The first commit hangs; the timer asks for the next one; only then do the records reach their limit.
    await stop.reached
    clock.advance(1_000)
    stop.release()
    for (let turn = 0; turn < 200; turn++) await nextTurn()
    expect(written()).toBeLessThanOrEqual(100)
    release()
    await clock.runUntil(running.done)
    expect(written()).toBe(500)
  })
})

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
