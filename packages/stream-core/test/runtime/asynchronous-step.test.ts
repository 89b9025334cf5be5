import { crash, manualClock, memoryDatabase, pause, recordingSink, records, scriptedSource } from '@rtp/stream-testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { propertyRuns } from '../../../../runs.preset.ts'
import { pipeline, run, seconds, toArray } from '../../src/index.ts'
import { heldCalls, sometime } from '../operators/async/calls.ts'
import { until } from './until.ts'

describe('a call of mapAsync that fails', () => {
  it('stops the job also while the source is silent', async () => {
    let end: () => void = () => {}
    const silence = new Promise<void>(resolve => {
      end = resolve
    })
    async function* source() {
      yield 1
      await silence
    }
    const job = pipeline('silent')
    job
      .from(source())
      .mapAsync(async () => {
        throw new Error('no such thing')
      })
      .sink(toArray<never>([]))
    const running = run(job, { checkpoint: { intervalMs: 5 } })
    await expect(running.done).rejects.toMatchObject({ code: 'USER_FUNCTION_FAILED', place: { offset: 0 } })
    end()
  })
})

describe('a call of mapAsync that fails while a checkpoint waits for the commit before it', () => {
  it('fails the job with its error, and leaves no promise behind that nobody looks at', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', onUnhandled)
    const database = memoryDatabase()
    const commits: (() => void)[] = []
    const store = {
      ...database.store,
      async commit(...checkpoint: Parameters<typeof database.store.commit>) {
        await new Promise<void>(resolve => commits.push(resolve))
        return database.store.commit(...checkpoint)
      },
    }
    const { running, fn } = heldCalls()
    const clock = manualClock()
    const job = pipeline('fails')
    job
      .from(scriptedSource([records([1, 2])], { batchSize: 1, bounded: false }))
      .mapAsync(fn)
      .sink(database.sink<string>())
    const failing = run(job, { store, clock, checkpoint: { intervalMs: 100 } })
    await until(() => running.length === 2)
    clock.advance(100)
    await until(() => commits.length === 1)
    running[0]!.end('one')
    await sometime('', 2)
    clock.advance(100)
    running[1]!.fail(new Error('no such thing'))
    await sometime('', 2)
    commits[0]!()
    await expect(failing.done).rejects.toMatchObject({ code: 'USER_FUNCTION_FAILED' })
    await sometime('', 2)
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).toEqual([])
  })
})

describe('a slow call of mapAsync', () => {
  it('holds no checkpoint back: its record is in it, and the call is made again after a restart', async () => {
    const database = memoryDatabase()
    const { running, fn } = heldCalls()
    const rows = database.sink<string>()
    const [first, second] = [pause(), pause()]
    const job = pipeline('slow')
    job
      .from(scriptedSource([[...records([1, 2, 3]), first, crash(), ...records([4]), second]]), { name: 'numbers' })
      .mapAsync(fn, { name: 'call', concurrency: 2 })
      .sink(rows)
    const job1 = run(job, { store: database.store, checkpoint: { intervalMs: 5 }, restart: { initialDelayMs: 1 } })
    await until(() => running.length === 2)
    running[0]!.end('one')
    await until(() => running.length === 3)
    await first.reached
    // Committed while 2 and 3 are under way. Then the source crashes.
    await until(() => rows.values.length === 1)
    first.release()
    await until(() => running.length === 5 || job1.state === 'failed')
    expect(running.map(call => call.value)).toEqual([1, 2, 3, 2, 3])
    expect(running[1]!.call.signal.aborted).toBe(true)
    running[3]!.end('two')
    running[4]!.end('three')
    await until(() => running.length === 6)
    running[5]!.end('four')
    await second.reached
    second.release()
    const { metrics } = await job1.done
    expect(metrics.restarts).toBe(1)
    expect(rows.values).toEqual(['one', 'two', 'three', 'four'])
  })

  it('whose time is over is told so also while everything waits for it', async () => {
    const clock = manualClock()
    const rows = recordingSink<string>()
    const { running, fn } = heldCalls()
    const job = pipeline('hung')
    job
      .from([1, 2, 3])
      .mapAsync(fn, { concurrency: 1, timeoutMs: seconds(5), onTimeout: value => `gave up ${value}` })
      .sink(rows)
    const outcome = run(job, { clock }).done
    await clock.runUntil(outcome)
    expect(running.map(call => call.value)).toEqual([1, 2, 3])
    expect(rows.values).toEqual(['gave up 1', 'gave up 2', 'gave up 3'])
  })

  it('that fails stops the job also when the source is silent and everything before it is committed', async () => {
    const { running, fn } = heldCalls()
    const silence = pause()
    const job = pipeline('silent and committed')
    job
      .from(scriptedSource([[...records([1]), silence]], { bounded: false }))
      .mapAsync(fn)
      .sink(recordingSink())
    const running1 = run(job, { checkpoint: { intervalMs: 2 } })
    await silence.reached
    await until(() => running1.metrics().checkpoints.completed > 0)
    running[0]!.fail(new Error('gone'))
    await expect(running1.done).rejects.toMatchObject({ code: 'USER_FUNCTION_FAILED' })
  })

  it('is made again by the wall clock, between records', async () => {
    const clock = manualClock()
    const rows: string[] = []
    const attempts: number[] = []
    const job = pipeline('again')
    job
      .from(['a'])
      .mapAsync(
        async (value, { attempt }) => {
          attempts.push(attempt)
          if (attempt < 3) throw new Error('not yet')
          return value
        },
        { retry: { attempts: 3, backOffMs: seconds(1) } },
      )
      .sink(toArray(rows))
    await clock.runUntil(run(job, { clock }).done)
    expect([attempts, rows]).toEqual([[1, 2, 3], ['a']])
  })

  it('waits as long as it is told to also when the clock is set back meanwhile', async () => {
    const clock = manualClock(Date.UTC(2020, 0))
    const rows: string[] = []
    const job = pipeline('set back')
    job
      .from(['a'])
      .mapAsync(
        async (value, { attempt }) => {
          clock.jumpTo(clock.now() - 3_600_000)
          if (attempt < 3) throw new Error('not yet')
          return value
        },
        { retry: { attempts: 3, backOffMs: seconds(1) } },
      )
      .sink(toArray(rows))
    await clock.runUntil(run(job, { clock }).done)
    expect(rows).toEqual(['a'])
    expect(clock.monotonic()).toBeLessThan(10_000)
  })
})

describe('a job with slow calls', () => {
  it('puts out every result once and in order, wherever it crashes and restarts', async () => {
    const piece = fc.oneof(
      { weight: 4, arbitrary: fc.nat(99) },
      { weight: 1, arbitrary: fc.constant('crash' as const) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 25 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        async (script, concurrency, batchSize) => {
          const database = memoryDatabase()
          const rows = database.sink<number>()
          const source = scriptedSource([script.map(step => (step === 'crash' ? crash() : { value: step }))], {
            name: 'numbers',
            batchSize,
          })
          const job = pipeline('crashes')
          job
            .from(source, { name: 'numbers' })
            .mapAsync(value => sometime(value, (value * 7) % 4), { name: 'call', concurrency })
            .sink(rows)
          const restart = { initialDelayMs: 1, maxDelayMs: 1, attempts: 100 }
          await run(job, { store: database.store, checkpoint: { intervalMs: 1, records: 2 }, restart }).done
          expect(rows.values).toEqual(script.filter(step => step !== 'crash'))
        },
      ),
      { numRuns: propertyRuns(25) },
    )
  })
})
