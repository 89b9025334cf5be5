import { StreamError } from '@rtp/stream-core/extend'

/** What a partition of a scripted source does, one step after the other. */
export type SourceStep<T> = ScriptedRecord<T> | ScriptedBadRecord | Crash | Pause

export interface ScriptedRecord<T> {
  readonly value: T
  /** Time that the source keeps with the record, epoch ms. */
  readonly time?: number
}

/** A record that cannot be decoded; it takes an offset like any other. */
export interface ScriptedBadRecord {
  readonly bad: string | Uint8Array
  /** Default `BAD`. */
  readonly reason?: string
}

/** Reading fails when it comes here, and goes on the next time. */
export interface Crash {
  readonly crash: StreamError
  /** How often it still fails. */
  left: number
}

/** Reading waits here until `release` is called. */
export interface Pause {
  readonly pause: Promise<void>
  /** Resolves when a reader has come here. */
  readonly reached: Promise<void>
  release(): void
  /** For the reader. */
  reach(): void
}

/** A step at which the source fails, once or several times; a restarted job then gets past it. */
export function crash(options: { readonly times?: number; readonly retryable?: boolean } = {}): Crash {
  const { times = 1, retryable = true } = options
  return { crash: new StreamError('SOURCE_FAILED', 'the scripted source crashes here.', { retryable }), left: times }
}

/** A step at which the source waits. */
export function pause(): Pause {
  let release = () => {}
  let reach = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  const reached = new Promise<void>(resolve => {
    reach = resolve
  })
  return { pause: released, reached, release, reach }
}

/** A partition of plain values. */
export function records<T>(values: Iterable<T>, time?: (value: T) => number): ScriptedRecord<T>[] {
  return Array.from(values, value => (time === undefined ? { value } : { value, time: time(value) }))
}
