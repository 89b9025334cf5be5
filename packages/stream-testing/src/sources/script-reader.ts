import {
  type BadRecord,
  type PartitionReader,
  type Position,
  type SourceBatch,
  StreamError,
} from '@rtp/stream-core/extend'
import type { ScriptedBadRecord, ScriptedRecord, SourceStep } from './source-script.ts'

export interface ScriptReaderOptions {
  readonly source: string
  readonly partition: number
  readonly from: Position | undefined
  readonly signal: AbortSignal
  readonly onClose: () => void
  readonly batchSize?: number
  readonly bounded?: boolean
  readonly ends?: 'input' | 'paused'
  readonly bytesPerRecord?: number
}

/** Reads one partition of a scripted source. */
export class ScriptReader<T> implements PartitionReader<T> {
  readonly start: number
  readonly ends: 'input' | 'paused'
  readonly #steps: readonly SourceStep<T>[]
  readonly #options: ScriptReaderOptions
  readonly #given: Promise<void>
  #giveUp: () => void = () => {}
  #at: number
  /** Records, bad ones included, before `#at`. */
  #offset: number
  #isReading = false
  #isClosed = false

  constructor(steps: readonly SourceStep<T>[], options: ScriptReaderOptions) {
    this.#steps = steps
    this.#options = options
    this.start = checkedPosition(options, steps.filter(isRecord).length)
    this.ends = options.ends ?? 'input'
    this.#offset = this.start
    this.#at = stepBehind(steps, this.start)
    this.#given = new Promise(resolve => {
      this.#giveUp = resolve
    })
    options.signal.addEventListener('abort', this.#giveUp, { once: true })
    if (options.signal.aborted) this.#giveUp()
  }

  async next(): Promise<SourceBatch<T> | undefined> {
    const { source, partition } = this.#options
    if (this.#isReading) throw misused(`partition ${partition} of ${source} was read while a read was under way`)
    this.#isReading = true
    try {
      return await this.#read()
    } finally {
      this.#isReading = false
    }
  }

  lag(): number {
    return this.#steps.slice(this.#at).filter(isRecord).length
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#options.signal.removeEventListener('abort', this.#giveUp)
    this.#giveUp()
    this.#options.onClose()
  }

  async #read(): Promise<SourceBatch<T> | undefined> {
    for (;;) {
      if (this.#isClosed || this.#options.signal.aborted) return undefined
      const step = this.#steps[this.#at]
      if (step === undefined) {
        if (this.#options.bounded === false) await this.#given
        return undefined
      }
      if (isRecord(step)) return this.#batch()
      this.#at++
      if ('pause' in step) {
        step.reach()
        await Promise.race([step.pause, this.#given])
      } else if (step.left > 0) {
        step.left--
        throw step.crash
      }
    }
  }

  #batch(): SourceBatch<T> {
    const { batchSize = 1024, bytesPerRecord = 1 } = this.#options
    const good: { readonly record: ScriptedRecord<T>; readonly offset: number }[] = []
    const badRecords: BadRecord[] = []
    const start = this.#offset
    for (let step = this.#steps[this.#at]; isRecord(step); step = this.#steps[++this.#at]) {
      if (this.#offset - start === batchSize) break
      if ('value' in step) good.push({ record: step, offset: this.#offset })
      else badRecords.push(this.#badRecord(step))
      this.#offset++
    }
    return {
      values: good.map(({ record }) => record.value),
      times: good.some(({ record }) => record.time !== undefined)
        ? Float64Array.from(good, ({ record }) => record.time ?? Number.NaN)
        : undefined,
      offsets: Float64Array.from(good, ({ offset }) => offset),
      size: good.length,
      bytes: (this.#offset - start) * bytesPerRecord,
      next: this.#offset,
      badRecords,
    }
  }

  #badRecord({ bad, reason = 'BAD' }: ScriptedBadRecord): BadRecord {
    const { source, partition } = this.#options
    return {
      source,
      partition: `${source}/${partition}`,
      partitionIndex: partition,
      offset: this.#offset,
      reason,
      detail: 'written down as bad',
      bytes: typeof bad === 'string' ? new TextEncoder().encode(bad) : bad,
    }
  }
}

export function misused(what: string): StreamError {
  return new StreamError('SOURCE_MISUSED', `${what}. The caller breaks the source's calling protocol.`)
}

function isRecord<T>(step: SourceStep<T> | undefined): step is ScriptedRecord<T> | ScriptedBadRecord {
  return step !== undefined && ('value' in step || 'bad' in step)
}

function checkedPosition({ source, partition, from = 0 }: ScriptReaderOptions, records: number): number {
  if (typeof from === 'number' && Number.isSafeInteger(from) && from >= 0 && from <= records) return from
  throw new StreamError(
    'SOURCE_FAILED',
    `partition ${partition} of ${source} has positions 0 to ${records}, not ${JSON.stringify(from)}. Start from one of these.`,
  )
}

/** The step behind so many records. */
function stepBehind<T>(steps: readonly SourceStep<T>[], records: number): number {
  let left = records
  let at = 0
  while (left > 0) if (isRecord(steps[at++])) left--
  return at
}
