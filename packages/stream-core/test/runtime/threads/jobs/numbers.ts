import type { PartitionReader, Source } from '../../../../src/extend.ts'

export interface Numbered {
  readonly partition: number
  readonly n: number
}

export interface NumbersOptions {
  readonly partitions: number
  /** Numbers of each partition: 0 up to but without this. */
  readonly numbers: number
  /** What whoever opens the source reads. */
  readonly assigned: readonly number[]
  /** False: more may always follow, though none do. */
  readonly bounded: boolean
}

/** Numbered records whose partitions are divided by lists. */
export function numbers({ partitions, numbers: count, assigned, bounded }: NumbersOptions): Source<Numbered> {
  return {
    name: 'numbers',
    bounded,
    shareable: true,
    open: async () => ({
      partitions: Array.from({ length: partitions }, (_, i) => `numbers/${i}`),
      assigned: () => assigned,
      read: async (partition, from) => reader(partition, typeof from === 'number' ? from : 0, count, bounded),
      async close() {},
    }),
  }
}

function reader(partition: number, from: number, count: number, bounded: boolean): PartitionReader<Numbered> {
  let at = from
  let isClosed = false
  let wakeUp = (): void => {}
  return {
    start: from,
    async next() {
      // As if it came from elsewhere: timers and other partitions have their turn.
      await new Promise(resolve => setImmediate(resolve))
      if (at >= count && !bounded && !isClosed) {
        // Something that keeps the thread alive, as a connection does.
        const timer = setInterval(() => {}, 60_000)
        await new Promise<void>(resolve => {
          wakeUp = resolve
        })
        clearInterval(timer)
      }
      if (at >= count || isClosed) return undefined
      const size = Math.min(BATCH, count - at)
      const first = at
      at += size
      return {
        values: Array.from({ length: size }, (_, i) => ({ partition, n: first + i })),
        times: undefined,
        offsets: Float64Array.from({ length: size }, (_, i) => first + i),
        size,
        bytes: size * 8,
        next: at,
        badRecords: [],
      }
    },
    async close() {
      isClosed = true
      wakeUp()
    },
  }
}

const BATCH = 100
