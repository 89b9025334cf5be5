import type { Key, Source, SourceContext, SourceSession } from '@rtp/stream-core/extend'
import { misused, ScriptReader } from './script-reader.ts'
import type { SourceStep } from './source-script.ts'

export interface ScriptedSourceOptions {
  /** Default `scripted`. */
  readonly name?: string
  /** Records in a batch at most; a batch also ends before a crash or pause. Default 1024. */
  readonly batchSize?: number
  /** False: behind the last step, reading waits until it is closed. Default true. */
  readonly bounded?: boolean
  /** What the end of a partition means. Default 'input'. */
  readonly ends?: 'input' | 'paused'
  readonly onBadRecord?: 'fail' | 'skip'
  readonly partitionOf?: (key: Key) => number
  /** Size that each record claims to have. Default 1. */
  readonly bytesPerRecord?: number
}

export interface ScriptedSource<T> extends Source<T> {
  /** Every opening of a partition: its index and the position from which it was to be read. */
  readonly openings: readonly { readonly partition: number; readonly from: number | undefined }[]
  /** Readers that are open now; 0 once a job has ended well. */
  readonly openReaders: number
  /** From now on only these partitions belong to this process; sessions are told. */
  assign(partitions: readonly number[]): void
}

/**
 * A source whose partitions are written down as data, with crashes and pauses in between. The position is the number of records, bad ones
 * included, before it. It checks its reader: SOURCE_MISUSED when it is read while a read is under way, or when a partition is opened twice in a
 * session.
 */
export function scriptedSource<T>(
  partitions: readonly (readonly SourceStep<T>[])[],
  options: ScriptedSourceOptions = {},
): ScriptedSource<T> {
  const { name = 'scripted', bounded = true, onBadRecord, partitionOf } = options
  const openings: { partition: number; from: number | undefined }[] = []
  let openReaders = 0
  const listeners = new Set<() => void>()
  let assigned: readonly number[] | undefined

  async function openSession(context: SourceContext): Promise<SourceSession<T>> {
    const open = new Set<number>()
    let onChange = () => {}
    return {
      partitions: partitions.map((_, index) => `${name}/${index}`),
      assigned: () => assigned ?? [...partitions.keys()],
      get isGroupMember() {
        return assigned !== undefined
      },
      onAssignment(changed) {
        listeners.delete(onChange)
        onChange = changed
        listeners.add(onChange)
      },
      ...(partitionOf === undefined ? {} : { partitionOf }),
      async read(partition, from) {
        const script = partitions[partition]
        if (script === undefined) throw misused(`${name} has no partition ${partition}`)
        if (open.has(partition)) throw misused(`partition ${partition} of ${name} was opened while it is open`)
        const reader = new ScriptReader(script, {
          ...options,
          source: name,
          partition,
          from,
          signal: context.signal,
          onClose: () => {
            open.delete(partition)
            openReaders--
          },
        })
        open.add(partition)
        openReaders++
        openings.push({ partition, from: from === undefined ? undefined : reader.start })
        return reader
      },
      async close() {
        listeners.delete(onChange)
      },
    }
  }

  return {
    name,
    bounded,
    recordTimes: partitions.some(steps => steps.some(step => 'value' in step && step.time !== undefined)),
    ...(onBadRecord === undefined ? {} : { onBadRecord }),
    open: openSession,
    openings,
    get openReaders() {
      return openReaders
    },
    assign(indexes) {
      assigned = indexes
      for (const changed of [...listeners]) changed()
    },
  }
}
