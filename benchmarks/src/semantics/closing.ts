import { count, max, mean, min, minutes, pipeline } from '@rtp/stream-core'
import { type Batch, createOperatorMetrics, type OperatorSpec } from '@rtp/stream-core/extend'
import type { BenchmarkOptions, Comparison } from '../harness/benchmark.ts'
import { compare } from '../harness/compare.ts'

interface Sample {
  readonly key: number
  readonly value: number
}

/** A watermark that closes many windows of keys at once: how long it holds the event loop. */
export async function closingWindows(options: BenchmarkOptions): Promise<Comparison> {
  const windows = options.quick ? 10_000 : 100_000
  const spec = windowSpec()
  const stops: number[] = []
  const comparison = await compare(
    `semantics: one watermark closes ${windows} windows of keys`,
    windows,
    options.quick ? 1 : 9,
    [
      {
        name: 'tumbling, {count, mean, min, max}',
        run: async () => {
          const { stopMs, results } = close(spec, windows)
          stops.push(stopMs)
          return { result: `${results} results`, seconds: stopMs / 1_000 }
        },
      },
    ],
    options,
  )
  const counted = stops.slice(1)
  return {
    ...comparison,
    notes: [
      `the longest stop of the event loop was ${Math.max(...counted).toFixed(1)} ms, the median one ${counted.sort((a, b) => a - b)[counted.length >> 1]!.toFixed(1)} ms`,
    ],
  }
}

/** The operator that the public API builds. */
function windowSpec(): OperatorSpec<Sample, unknown> {
  const stream = pipeline('closing')
    .from<Sample>([])
    .keyBy(r => r.key)
    .tumblingWindow(minutes(1))
    .aggregate({ count: count(), mean: mean(r => r.value), min: min(r => r.value), max: max(r => r.value) })
  const node = stream.pipeline.graph.nodes[stream.edge.from]!
  if (node.type !== 'operator') throw new Error('a window is an operator')
  return node.spec as OperatorSpec<Sample, unknown>
}

function close(spec: OperatorSpec<Sample, unknown>, windows: number): { stopMs: number; results: number } {
  let results = 0
  const operator = spec.start({
    name: 'closing',
    output: {
      push: batch => {
        results += batch.size
      },
    },
    side: () => undefined,
    origins: [],
    metrics: createOperatorMetrics(),
    fail(cause) {
      throw cause
    },
    checkOwner() {},
  })
  for (let from = 0; from < windows; from += 1_000) operator.onBatch(samples(from, 1_000), 0)
  const last: Batch<Sample> = { ...samples(0, 0), watermark: minutes(2) }
  const startedAt = performance.now()
  operator.onBatch(last, 0)
  return { stopMs: performance.now() - startedAt, results }
}

function samples(from: number, size: number): Batch<Sample> {
  return {
    values: Array.from({ length: size }, (_, i) => ({ key: from + i, value: i })),
    times: new Float64Array(size),
    watermarks: new Float64Array(size).fill(Number.NEGATIVE_INFINITY),
    offsets: new Float64Array(size),
    size,
    watermark: Number.NEGATIVE_INFINITY,
    idle: false,
    origin: undefined,
  }
}
