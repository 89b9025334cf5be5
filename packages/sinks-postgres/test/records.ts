import { type Batch, type SinkContext, silentLogger, systemClock } from '@rtp/stream-core/extend'

/** A batch of records as a source would make it, at consecutive offsets of partition `telemetry.v0/<partition>`. */
export function batchOf<T>(values: readonly T[], { partition = 3, offset = 0, times = [] as number[] } = {}): Batch<T> {
  const size = values.length
  return {
    values: [...values],
    times: Float64Array.from({ length: size }, (_, i) => times[i] ?? Number.NaN),
    watermarks: new Float64Array(size).fill(Number.NEGATIVE_INFINITY),
    offsets: Float64Array.from({ length: size }, (_, i) => offset + i),
    size,
    watermark: Number.NEGATIVE_INFINITY,
    idle: false,
    origin: { source: 'readings', partition: `telemetry.v0/${partition}`, index: partition },
  }
}

/** A batch as it comes behind an operator that makes records. */
export function madeBatch<T>(values: readonly T[]): Batch<T> {
  const batch = batchOf(values)
  batch.offsets.fill(Number.NaN)
  return { ...batch, origin: undefined }
}

export function sinkContext(signal: AbortSignal = new AbortController().signal): SinkContext {
  return { job: 'test', name: 'sink', signal, clock: systemClock, logger: silentLogger }
}
