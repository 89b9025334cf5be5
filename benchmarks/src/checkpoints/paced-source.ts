import { setTimeout as sleep } from 'node:timers/promises'
import type { PartitionReader, Source, SourceBatch } from '@rtp/stream-core/extend'

export interface Reading {
  readonly key: number
  readonly value: number
  readonly at: number
}

export interface PacedOptions {
  readonly keys: number
  /** Records that come as fast as they are taken, before those that come by the clock. */
  readonly first: number
  readonly perSecond: number
  /** Records that come by the clock. */
  readonly paced: number
}

/** How late the job took batches that came by the clock, ms: what records wait for beside their own work. */
export class Lateness {
  readonly all: number[] = []
  /** Called when the first batch is asked for, when the first one is due that comes by the clock, and behind the last. */
  on: (event: 'first' | 'paced' | 'end') => void = () => {}
}

/** Every key in turn, in an order that jumps through memory; then the same keys again, so many a second. */
export function pacedSource({ keys, first, perSecond, paced }: PacedOptions, lateness: Lateness): Source<Reading> {
  const end = first + paced
  const everyMs = (BATCH * 1000) / perSecond
  return {
    name: 'paced readings',
    bounded: true,
    async open() {
      return { partitions: ['0'], read: async (_, from) => reader(Number(from ?? 0)), async close() {} }
    },
  }

  function reader(from: number): PartitionReader<Reading> {
    let at = from
    let startedAt = Number.NaN
    let isFirst = true
    return {
      start: from,
      // State is to be there for a later run.
      ends: 'paused',
      async next() {
        if (isFirst) lateness.on('first')
        isFirst = false
        if (at >= end) {
          lateness.on('end')
          return undefined
        }
        if (at >= first) await due()
        const batch = batchAt(at, keys)
        at += batch.size
        return batch
      },
      async close() {},
    }

    async function due(): Promise<void> {
      const now = performance.now()
      if (Number.isNaN(startedAt)) {
        startedAt = now
        lateness.on('paced')
      }
      const dueAt = startedAt + ((at - first) / BATCH) * everyMs
      if (now < dueAt) await sleep(dueAt - now)
      else lateness.all.push(now - dueAt)
    }
  }
}

/** Records in a batch. */
export const BATCH = 1_000
/** Prime to every number of keys in use: it visits all before it comes to one again. */
const STRIDE = 618_033

function batchAt(from: number, keys: number): SourceBatch<Reading> {
  const values = Array.from({ length: BATCH }, (_, i) => {
    const at = from + i
    return { key: ((at % keys) * STRIDE) % keys, value: at % 1_000, at: FIRST_TIME + at }
  })
  return {
    values,
    times: undefined,
    offsets: Float64Array.from(values, (_, i) => from + i),
    size: BATCH,
    bytes: BATCH * 24,
    next: from + BATCH,
    badRecords: [],
  }
}

export const FIRST_TIME = 1.7e12
