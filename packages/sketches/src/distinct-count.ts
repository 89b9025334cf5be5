import { type Aggregate, checkKey, encodeKey, type Key, StreamError } from '@rtp/stream-core/extend'
import { hash53 } from './hash.ts'
import { HyperLogLog } from './hyper-log-log.ts'
import { checkRange } from './options.ts'
import { sketchAggregate } from './sketch-aggregate.ts'

export interface DistinctCountOptions {
  /** Standard error as a part of the count, 0.0021 to 0.25. Default 0.01: two of three counts are off by less than 1 %, 19 of 20 by less than 2 %. */
  readonly error?: number
}

/**
 * How many different values of `of(record)` there are, e.g. `distinctCount(visit => visit.user)`: HyperLogLog, in 16 kB for a key and window at 1 %. Exact
 * up to 512 values at 1 %, and to 2^precision / 32 in general. Values are compared as keys are; undefined leaves a record out.
 */
export function distinctCount<T>(
  of: (value: T) => Key | undefined,
  { error = 0.01 }: DistinctCountOptions = {},
): Aggregate<T, number> {
  checkRange('error', error, 0.0021, 0.25)
  const precision = Math.max(4, Math.ceil(2 * Math.log2(1.04 / error)))
  return sketchAggregate<T, HyperLogLog, number>(`distinct count within ${error * 100} %`, {
    create: () => new HyperLogLog(precision),
    add(sketch, value) {
      const key = of(value)
      if (key === undefined) return
      checkKey(key)
      sketch.add(hash53(encodeKey(key)))
    },
    merge: (into, from) => into.merge(from),
    result: sketch => sketch.estimate(),
    write({ hashes, registers }, state) {
      state.uint8(STATE_VERSION).uint(hashes?.size ?? 0)
      for (const hash of hashes ?? []) state.uint(hash)
      state.bytes(registers ?? NONE)
    },
    read(state) {
      const version = state.uint8()
      if (version !== STATE_VERSION) throw newer(version)
      const sketch = new HyperLogLog(precision)
      for (let left = state.uint(); left > 0; left--) sketch.add(state.uint())
      const registers = state.bytes()
      if (registers.length === 0) return sketch
      if (registers.length !== 2 ** precision) throw otherError(registers.length)
      sketch.addRegisters(registers)
      return sketch
    },
  })
}

function newer(version: number): StreamError {
  return new StreamError(
    'CHECKPOINT_NEWER_VERSION',
    `distinctCount() of version ${version}; this release reads ${STATE_VERSION}. Update @rtp/sketches.`,
  )
}

function otherError(registers: number): StreamError {
  const kept = (1.04 / Math.sqrt(registers)).toFixed(4)
  return new StreamError(
    'STATE_INVALID',
    `distinctCount() kept its state with an error of ${kept}, and is now asked for another. Leave it, or start under a new name.`,
  )
}

const NONE = new Uint8Array(0)
const STATE_VERSION = 1
