import { manualClock, pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../src/batch/batch-builder.ts'
import type { OperatorSpec } from '../../src/extend.ts'
import { pipeline, run } from '../../src/index.ts'
import { heldCalls } from '../operators/async/calls.ts'
import { until } from './until.ts'

/** Emits each record `delayMs` after it came, as `value@time`. */
function delayed(delayMs: number): OperatorSpec<string, string> {
  return {
    kind: 'delayed',
    usesProcessingTime: true,
    start({ output }) {
      const waiting: { readonly value: string; readonly at: number }[] = []
      const results = new BatchBuilder<string>()
      let now = Number.NEGATIVE_INFINITY
      return {
        get nextProcessingTime() {
          return waiting[0]?.at ?? Number.POSITIVE_INFINITY
        },
        onBatch({ values, size }) {
          for (const value of values.slice(0, size)) waiting.push({ value, at: now + delayMs })
        },
        onProcessingTime(time) {
          now = time
          while (waiting.length > 0 && waiting[0]!.at <= time)
            results.add(`${waiting.shift()!.value}@${time}`, Number.NaN, Number.NEGATIVE_INFINITY, Number.NaN)
          if (results.size > 0) output.push(results.take(Number.NEGATIVE_INFINITY, false))
        },
      }
    },
  }
}

describe('an operator that goes by wall-clock time', () => {
  it('knows it before each batch, and is woken when the time that it waits for has come', async () => {
    const clock = manualClock(1_000)
    const rows = recordingSink<string>()
    const [first, second] = [pause(), pause()]
    const job = pipeline('delayed')
    job
      .from(scriptedSource([[...records(['a']), first, ...records(['b']), second]]))
      .process(delayed(500))
      .sink(rows)
    const running = run(job, { clock })
    await first.reached
    clock.advance(499)
    expect(rows.written).toEqual([])
    clock.advance(1)
    await until(() => rows.written.length === 1)
    clock.advance(100)
    first.release()
    await second.reached
    clock.advance(500)
    await until(() => rows.written.length === 2)
    expect(rows.written.map(({ value }) => value)).toEqual(['a@1500', 'b@2100'])
    second.release()
    await running.done
  })

  it('behind calls that end between two batches knows when they did', async () => {
    const clock = manualClock(1_000)
    const rows = recordingSink<string>()
    const { running: calls, fn } = heldCalls<string>()
    const silent = pause()
    const stamped: OperatorSpec<string, string> = {
      kind: 'stamped',
      usesProcessingTime: true,
      start({ output }) {
        let now = Number.NaN
        return {
          onBatch(batch) {
            for (let i = 0; i < batch.size; i++) batch.values[i] += `@${now}`
            output.push(batch)
          },
          onProcessingTime(time) {
            now = time
          },
        }
      },
    }
    const job = pipeline('stamped')
    job
      .from(scriptedSource([[...records(['a']), silent]]))
      .mapAsync(fn)
      .process(stamped)
      .sink(rows)
    const running = run(job, { clock })
    await silent.reached
    clock.advance(5_000)
    calls[0]!.end('done')
    await until(() => rows.written.length === 1)
    expect(rows.written[0]?.value).toBe('done@6000')
    silent.release()
    await running.done
  })

  it('is never told an earlier time, however the clock is set', async () => {
    const clock = manualClock(10_000)
    const rows = recordingSink<string>()
    const [first, second] = [pause(), pause()]
    const job = pipeline('set back')
    job
      .from(scriptedSource([[...records(['a']), first, ...records(['b']), second, ...records(['c'])]]))
      .process(delayed(0))
      .sink(rows)
    const running = run(job, { clock })
    await first.reached
    clock.jumpTo(5_000)
    first.release()
    await second.reached
    second.release()
    await running.done
    expect(rows.written.map(({ value }) => value)).toEqual(['a@10000', 'b@10000'])
  })
})
