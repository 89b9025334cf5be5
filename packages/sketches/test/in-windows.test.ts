import { ascendingTimes, count, pipeline, run, toArray, type WindowResult } from '@rtp/stream-core'
import { expect, it } from 'vitest'
import { distinctCount, heavyHitters, quantiles } from '../src/index.ts'

interface Request {
  readonly at: number
  readonly host: string
  readonly path: string
  readonly ms: number
}

it('sketches stand beside other aggregates, in windows that are merged as well', async () => {
  const requests: Request[] = Array.from({ length: 3_000 }, (_, i) => ({
    at: i * 10,
    host: 'a',
    path: i % 3 === 0 ? '/' : `/${i % 40}`,
    ms: i % 100,
  }))
  const job = pipeline('requests')
  const rows: WindowResult<string, { n: number; paths: number; latency: readonly [number, number] }>[] = []
  const keyed = job
    .from(requests)
    .withEventTime(r => r.at, ascendingTimes())
    .keyBy(r => r.host)
  keyed
    .sessionWindow(1_000, { name: 'sessions' })
    .aggregate({
      n: count(),
      paths: distinctCount(r => r.path),
      latency: quantiles(r => r.ms, [0.5, 0.99]),
      top: heavyHitters(r => r.path, { k: 1 }),
    })
    .sink(toArray(rows))
  await run(job).done
  expect(rows).toHaveLength(1)
  expect(rows[0]!.value).toMatchObject({ n: 3_000, paths: 41, top: [{ value: '/', atLeast: 1_000, atMost: 1_000 }] })
  expect(rows[0]!.value.latency[0]).toBeCloseTo(49, -1)
})
