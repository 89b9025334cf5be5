import type { PartitionReader, Position, Source, SourceBatch } from '@rtp/stream-core/extend'

/** Mistakes that sources make; each must be found by the contract. */
export const sourceBugs = [
  'delivers empty batches',
  'delivers the last record of a batch again',
  'does not end',
  'fails when it is read after close',
  'goes to the beginning from a position that it does not know',
  'hands out its own array',
  'has one cursor for all readers',
  'loses the record behind a position',
  'names its partitions anew each time',
  'numbers offsets in each batch from 0',
  'puts an offset too few',
  'says that it starts at 0 wherever it starts',
  'stays at its position',
  'waits for ever once it is closed',
] as const

export type SourceBug = (typeof sourceBugs)[number]

/** A source as simple as can be, with a mistake if told so. */
export function plainSource(records: readonly string[], batchRecords: number, bug?: SourceBug): Source<string> {
  let cursor = 0
  let opened = 0
  const kept = [...records]
  return {
    name: 'plain',
    bounded: true,
    async open() {
      const prefix = bug === 'names its partitions anew each time' ? opened++ : 0
      return {
        partitions: [`${prefix}/0`],
        async read(_, from) {
          return reader(from)
        },
        async close() {},
      }
    },
  }

  function reader(from: Position = 0): PartitionReader<string> {
    const isKnown = typeof from === 'number' && from <= kept.length
    if (!isKnown && bug !== 'goes to the beginning from a position that it does not know') throw new Error('unknown')
    const start = isKnown ? from : 0
    let at = start + (bug === 'loses the record behind a position' && start > 0 ? 1 : 0)
    let isClosed = false
    if (bug === 'has one cursor for all readers') cursor = at
    return {
      start: bug === 'says that it starts at 0 wherever it starts' ? 0 : start,
      async next() {
        if (isClosed && bug === 'waits for ever once it is closed') return new Promise(() => {})
        if (isClosed && bug === 'fails when it is read after close') throw new Error('closed')
        if (isClosed) return undefined
        if (bug === 'has one cursor for all readers') at = cursor
        if (at >= kept.length) return bug === 'does not end' ? new Promise(() => {}) : undefined
        const end = Math.min(kept.length, at + batchRecords)
        const batch = batchOf(at, end)
        at = cursor = end
        if (bug === 'delivers the last record of a batch again' && end - start === 2) at = cursor = end - 1
        return batch
      },
      async close() {
        isClosed = true
      },
    }
  }

  function batchOf(at: number, end: number): SourceBatch<string> {
    const size = bug === 'delivers empty batches' && at === 1 ? 0 : end - at
    const first = bug === 'numbers offsets in each batch from 0' ? 0 : at
    const few = bug === 'puts an offset too few' ? 1 : 0
    return {
      values: bug === 'hands out its own array' && size === kept.length ? kept : kept.slice(at, at + size),
      times: undefined,
      offsets: Float64Array.from({ length: Math.max(0, size - few) }, (_, i) => first + i),
      size,
      bytes: size,
      next: bug === 'stays at its position' ? 0 : end,
      badRecords: [],
    }
  }
}
