import {
  type PartitionReader,
  type Position,
  type Source,
  type SourceBatch,
  type SourceSession,
  StreamError,
} from '@rtp/stream-core/extend'
import type { SimulatedGroup } from './simulated-group.ts'
import type { Fetched, SimulatedLog } from './simulated-log.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** An open partition. */
export interface ReadAhead {
  readonly key: string
  readonly start: number
  readonly position: number
}

export interface SourceSetting {
  readonly process: SimulatedProcess
  readonly logs: readonly SimulatedLog[]
  readonly group: SimulatedGroup
  readonly batchRecords: number
  /** What the process reads now. */
  readonly readers: Set<ReadAhead>
  /** Records that the process may have read and not committed: what two cuts may hold, and a batch of each partition. */
  readonly mostAhead: (partitions: number) => number
  /** How far a partition is committed. */
  readonly committed: (key: string) => number
  readonly bounded: boolean
  readonly onProblem: (problem: string) => void
}

/** A topic of the simulated log. Processes share its partitions where the plan allows it. */
export function simulatedSource<T>(name: string, setting: SourceSetting): Source<T> {
  const { process, logs, group } = setting
  return {
    name,
    bounded: setting.bounded,
    recordTimes: true,
    async open({ shareable }): Promise<SourceSession<T>> {
      await process.call<void>('log.open', reply => {
        if (shareable) group.join(process, name)
        reply.ok(undefined)
      })
      return {
        partitions: logs.map((_, partition) => `${name}/${partition}`),
        ...(shareable
          ? {
              assigned: () => group.known(process, name),
              onAssignment: (changed: () => void) => group.listen(process, name, changed),
            }
          : {}),
        read: (partition, from) => read<T>(name, partition, from, setting),
        async close() {
          if (shareable && process.state !== 'dead') group.leave(process)
        },
      }
    },
  }
}

async function read<T>(
  topic: string,
  partition: number,
  from: Position | undefined,
  setting: SourceSetting,
): Promise<PartitionReader<T>> {
  const { process, logs } = setting
  const log = logs[partition]!
  const start = from ?? 0
  if (typeof start !== 'number')
    throw new StreamError('SOURCE_FAILED', `position ${JSON.stringify(from)} is no offset.`)
  await process.call<void>('log.seek', reply => {
    try {
      log.checkRange(start)
      reply.ok(undefined)
    } catch (error) {
      reply.fail(error)
    }
  })
  return new SimulatedReader<T>(`${topic}/${partition}`, log, start, setting)
}

class SimulatedReader<T> implements PartitionReader<T>, ReadAhead {
  readonly key: string
  readonly start: number
  readonly #log: SimulatedLog
  readonly #setting: SourceSetting
  position: number
  #isClosed = false
  #giveUp: (() => void) | undefined

  constructor(key: string, log: SimulatedLog, start: number, setting: SourceSetting) {
    this.key = key
    this.#log = log
    this.start = start
    this.position = start
    this.#setting = setting
    setting.readers.add(this)
  }

  next(): Promise<SourceBatch<T> | undefined> {
    const { process, batchRecords, onProblem } = this.#setting
    if (this.#giveUp !== undefined) onProblem(`${process.name} reads a partition twice at a time`)
    if (this.#isClosed) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      const giveUp = (): void => resolve(undefined)
      this.#giveUp = giveUp
      const done = (): boolean => {
        if (this.#giveUp === giveUp) this.#giveUp = undefined
        return this.#isClosed
      }
      process
        .call<Fetched>('log.fetch', reply => this.#log.fetch(this.position, batchRecords, reply))
        .then(
          fetched => {
            if (!done()) resolve(fetched === 'end' ? undefined : this.#batch(fetched))
          },
          (error: unknown) => {
            if (!done()) reject(error as Error)
          },
        )
    })
  }

  lag(): number {
    return this.#log.size - this.position
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#giveUp?.()
    this.#giveUp = undefined
    this.#setting.readers.delete(this)
  }

  #batch({ from, records }: Exclude<Fetched, 'end'>): SourceBatch<T> {
    this.position = from + records.length
    this.#checkAhead()
    return {
      values: records.map(({ value }) => value as T),
      times: Float64Array.from(records, ({ time }) => time ?? Number.NaN),
      offsets: Float64Array.from(records, (_, i) => from + i),
      size: records.length,
      bytes: records.length,
      next: this.position,
      badRecords: [],
    }
  }

  /** Memory is bounded by what the job has read and not committed. */
  #checkAhead(): void {
    const { process, readers, mostAhead, committed, onProblem } = this.#setting
    let ahead = 0
    for (const { key, start, position } of readers)
      ahead += position - Math.max(start, Math.min(position, committed(key)))
    if (ahead > mostAhead(readers.size)) {
      onProblem(`${process.name} holds ${ahead} records that are not committed, more than two cuts may have`)
    }
  }
}
