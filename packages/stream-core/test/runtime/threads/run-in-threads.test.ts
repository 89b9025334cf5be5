import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { bundleModules, sourceArguments } from '../../../../../program.preset.ts'
import type { LogFields, Logger } from '../../../src/index.ts'
import { runInThreads, type ThreadsOptions } from '../../../src/threads.ts'
import type { CountingSettings } from './jobs/counting.ts'
import type { Incident } from './jobs/incident.ts'

const PARTITIONS = 4
const NUMBERS = 5_000
const QUICKLY = { initialDelayMs: 1, maxDelayMs: 10 }

/** The modules of the threads, in one file each: packed as by a bundler, with a copy of this package of their own. */
let bundles: string
beforeAll(async () => {
  bundles = await mkdtemp(join(tmpdir(), 'thread-modules-'))
  const names = ['counting', 'late-server', 'not-shareable', 'no-thread', 'broken']
  await bundleModules(
    names.map(name => source(name)),
    bundles,
  )
})
afterAll(() => rm(bundles, { recursive: true }))

describe('a job in threads', () => {
  it('loads a module as this process would: TypeScript with hooks, under the conditions of the package', async () => {
    const { settings, counts } = await fixture()
    const job = runInThreads(source('counting'), { threads: 2, data: settings, execArgv: sourceArguments() })
    expect((await job.done).state).toBe('finished')
    expect(await counts()).toEqual(ALL_COUNTED)
  })

  it('does in two threads what it does in one, and adds their metrics up', async () => {
    for (const threads of [1, 2]) {
      const { start, counts } = await fixture()
      const job = start({ threads })
      const { state, metrics } = await job.done
      expect(state).toBe('finished')
      expect(await counts()).toEqual(ALL_COUNTED)
      expect(metrics).toMatchObject({ job: 'counting', state: 'finished', restarts: 0 })
      expect(metrics.sources.map(({ index, records, position }) => [index, records, position]).sort()).toEqual(
        [0, 1, 2, 3].map(index => [index, NUMBERS, NUMBERS]),
      )
      const all = PARTITIONS * NUMBERS
      expect(metrics.sinks).toMatchObject([{ sink: 'counts', records: all, committed: all }])
      expect(metrics.operators.filter(({ operator }) => operator === 'count')).toHaveLength(PARTITIONS)
      expect(metrics.checkpoints.completed).toBeGreaterThanOrEqual(threads)
      expect(job).toMatchObject({ name: 'counting', state: 'finished', failure: undefined })
      expect(job.guarantee?.level).toBe('at-least-once')
      expect(job.plan()).toMatchObject({ job: 'counting', sharing: { possible: true } })
    }
  })

  it('drains in all threads when it is stopped, and a later run goes on from there', async () => {
    const { start, counts, log } = await fixture({ bounded: false })
    const job = start({ threads: 2 })
    expect(job.state).toBe('starting')
    expect(() => job.plan()).toThrow('PLAN_UNKNOWN')
    await condition(() => job.metrics().sources.filter(({ position }) => position === NUMBERS).length === PARTITIONS)
    expect(job.state).toBe('running')
    expect(job.threads.map(({ state }) => state)).toEqual(['running', 'running'])
    const { state, metrics } = await job.stop()
    expect(state).toBe('stopped')
    expect(metrics.sinks[0]!.committed).toBe(PARTITIONS * NUMBERS)
    expect(await counts()).toEqual(ALL_COUNTED)
    expect(
      log
        .filter(([, message]) => message === 'started')
        .map(([, , fields]) => fields?.['thread'])
        .sort(),
    ).toEqual([0, 1])
    const next = await start({ threads: 2, data: { bounded: true } }).done
    expect(next.metrics.sinks[0]!.committed).toBe(0)
  })

  it('can be stopped before its threads have loaded anything', async () => {
    const { start } = await fixture({ bounded: false })
    expect((await start({ threads: 2 }).stop()).state).toBe('stopped')
  })

  it('gives up what is not committed when it is cancelled', async () => {
    const { start } = await fixture({ bounded: false })
    const controller = new AbortController()
    const job = start({ threads: 2, signal: controller.signal })
    await condition(() => job.state === 'running')
    controller.abort()
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' })
    expect(job.state).toBe('failed')
  })

  it('warns about threads that have nothing to do', async () => {
    const { start, log } = await fixture({ bounded: false })
    const job = start({ threads: 5 })
    await condition(() => log.some(([level]) => level === 'warn'))
    expect(log.filter(([level]) => level === 'warn')).toEqual([
      ['warn', expect.stringContaining('more threads than tasks'), { job: 'counting', threads: 5, tasks: 4 }],
    ])
    await job.stop()
  })
})

describe('a thread that dies', () => {
  it.each([
    ['throws', 'THREAD_DIED: thread 1 of 2 died of an error that nobody caught: BROKEN: thrown where nobody catches'],
    ['rejects', 'THREAD_DIED: thread 1 of 2 died of an error that nobody caught: rejected where'],
    ['exits', 'THREAD_DIED: thread 1 of 2 exited with code 3'],
    ['takes all memory', 'THREAD_DIED: thread 1 of 2 died of an error that nobody caught: Worker terminated due to'],
  ] as const)('because it %s is started again, and goes on from its last checkpoint', async (how, message) => {
    const { start, counts, log } = await fixture({ incident: { how, partition: 3, n: 2_345, times: 2 } })
    const job = start({ threads: 2, restart: QUICKLY, resourceLimits: { maxOldGenerationSizeMb: 64 } })
    const { state, metrics } = await job.done
    expect(state).toBe('finished')
    expect(await counts()).toEqual(ALL_COUNTED)
    expect(metrics.restarts).toBe(2)
    const failure = { code: 'THREAD_DIED', place: { thread: 1 }, restartInMs: expect.any(Number) }
    expect(metrics.failures).toMatchObject({ byCode: { THREAD_DIED: 2 }, last: [failure, failure] })
    expect(job.threads).toMatchObject([
      { index: 0, restarts: 0, failure: undefined },
      { index: 1, restarts: 2, failure: { code: 'THREAD_DIED', retryable: true, place: { thread: 1 } } },
    ])
    expect(log.filter(([level]) => level === 'warn')).toEqual(
      [1, 2].map(() => [
        'warn',
        expect.stringContaining('a thread has died'),
        expect.objectContaining({ thread: 1, error: expect.stringContaining(message) }),
      ]),
    )
    // What the dead had counted still counts; what they had not committed came again.
    const three = metrics.sources.find(({ index }) => index === 3)!
    expect(three.position).toBe(NUMBERS)
    expect(metrics.sinks[0]!.committed).toBeLessThanOrEqual(PARTITIONS * NUMBERS)
    expect(metrics.sinks[0]!.records).toBeGreaterThanOrEqual(2 * NUMBERS)
  })

  it('too often in a row fails the whole, with the number of the thread', async () => {
    const { start } = await fixture({
      bounded: false,
      incident: { how: 'exits', partition: 1, n: 0, times: Number.POSITIVE_INFINITY },
    })
    const job = start({ threads: 2, restart: { ...QUICKLY, attempts: 2 } })
    await expect(job.done).rejects.toMatchObject({ code: 'THREAD_DIED', place: { thread: 1 } })
    expect(job.state).toBe('failed')
    expect(job.failure).toMatchObject({ code: 'THREAD_DIED' })
    expect(job.threads.map(({ state, restarts }) => [state, restarts])).toEqual([
      [expect.stringMatching(/^(failed|stopped)$/), 0],
      ['failed', 2],
    ])
    expect(job.metrics()).toMatchObject({ state: 'failed', restarts: 2 })
  })

  it('while the job is being stopped is a failure, for it has not drained', async () => {
    const { start } = await fixture({ bounded: false, exitsWhenStopped: 1 })
    const job = start({ threads: 2 })
    await condition(() => job.state === 'running')
    await expect(job.stop()).rejects.toMatchObject({ code: 'THREAD_DIED', place: { thread: 1 } })
    expect(job.threads.map(({ state }) => state)).toEqual(['stopped', 'failed'])
  })

  it('not even when it is cancelled is ended from outside', async () => {
    const incident = { how: 'never returns', partition: 1, n: 2_345, times: 1 } as const
    const { start, directory } = await fixture({ bounded: false, incident })
    const job = start({ threads: 2 })
    await condition(() => existsSync(join(directory, 'hangs')))
    await job.cancel()
    await expect(job.done).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('an error in a thread', () => {
  it('that trying again cannot cure ends the whole, and is the error that the job had', async () => {
    const { start } = await fixture({
      bounded: false,
      incident: { how: 'throws in the pipeline', partition: 3, n: 1_234, times: Number.POSITIVE_INFINITY },
    })
    const job = start({ threads: 2 })
    const error = await job.done.then(
      () => undefined,
      (cause: unknown) => cause,
    )
    expect(error).toMatchObject({
      name: 'StreamError',
      code: 'USER_FUNCTION_FAILED',
      message: expect.stringMatching(/^USER_FUNCTION_FAILED: .*not a good number/),
      retryable: false,
      place: { operator: 'map', partition: 'numbers/3', offset: 1_234, thread: 1 },
      cause: { name: 'TypeError', message: 'not a good number', stack: expect.stringContaining('at meet ') },
    })
    // The other had perhaps not begun when it was cancelled: then there was nothing to give up.
    expect(job.threads.map(({ state }) => state)).toEqual([expect.stringMatching(/^(failed|stopped)$/), 'failed'])
    const { restarts, failures } = job.metrics()
    expect(restarts).toBe(0)
    expect(failures.last).toContainEqual(
      expect.objectContaining({ code: 'USER_FUNCTION_FAILED', place: expect.objectContaining({ thread: 1 }) }),
    )
  })

  it('while it starts is tried again where it may pass', async () => {
    const { directory, options } = await fixture()
    const done = runInThreads(module('late-server'), {
      ...options,
      threads: 1,
      restart: QUICKLY,
      data: { directory, retryable: true },
    }).done
    expect((await done).metrics.restarts).toBe(2)
  })

  it('while it starts ends the whole where it will not pass', async () => {
    const { directory, options } = await fixture()
    const { done } = runInThreads(module('late-server'), {
      ...options,
      threads: 1,
      data: { directory, retryable: false },
    })
    await expect(done).rejects.toMatchObject({
      code: 'SERVER_AWAY',
      message: 'SERVER_AWAY: nobody answers',
      place: { source: 'numbers', thread: 0 },
    })
  })
})

describe('what threads cannot do', () => {
  it.each([
    ['tasks', /one task: the key of "last" is not declared to be the partition key.*partitionKey: true.*threads: 1/],
    ['source', /whoever opens the source "numbers" \(numbers\) reads all of it.*Kafka/],
    ['memory', /nobody else sees memory checkpoints.*sinks-postgres/],
    ['file', /file checkpoints belong to one process at a time.*sinks-postgres/],
  ])('is refused with its remedy: %s', async (why, message) => {
    const { directory, options } = await fixture()
    const job = runInThreads(module('not-shareable'), { ...options, threads: 2, data: { why, directory } })
    await expect(job.done).rejects.toMatchObject({
      code: 'JOB_NOT_SHAREABLE',
      message: expect.stringMatching(message),
    })
  })

  it('does not keep one thread from running a job that cannot be shared', async () => {
    const { directory, options } = await fixture()
    const job = runInThreads(module('not-shareable'), { ...options, threads: 1, data: { why: 'file', directory } })
    expect((await job.done).metrics.sources).toMatchObject([{ records: 10 }, { records: 10 }])
  })

  it.each([
    ['no-thread', 'no-thread.mjs has no export "thread" that defineThread() has made'],
    ['broken', 'broken.mjs could not be loaded: this module cannot be loaded'],
    ['missing', /missing.mjs could not be loaded: .*missing.mjs/],
  ])('is to run a module like %s', async (name, message) => {
    const { options } = await fixture()
    await expect(runInThreads(module(name), { ...options, threads: 2 }).done).rejects.toMatchObject({
      code: 'THREAD_MODULE_INVALID',
      message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
    })
  })

  it('is to be half a thread, or to take a function along', async () => {
    for (const threads of [0, 1.5, Number.NaN])
      expect(() => runInThreads(module('counting'), { threads })).toThrow('THREADS_INVALID: threads is a whole number')
    await expect(runInThreads(module('counting'), { threads: 1, data: () => 1 }).done).rejects.toThrow(
      /^THREADS_INVALID: thread 0 could not be started: .*structuredClone/,
    )
  })
})

const ALL_COUNTED = { 0: NUMBERS, 1: NUMBERS, 2: NUMBERS, 3: NUMBERS }

type Entry = readonly [level: keyof Logger, message: string, fields: LogFields | undefined]

interface FixtureSettings {
  readonly bounded?: boolean
  readonly incident?: Incident
  readonly exitsWhenStopped?: number
}

/** A folder of the test's own, and the counting job in it. */
async function fixture({ bounded = true, ...more }: FixtureSettings = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'threads-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const log: Entry[] = []
  const say =
    (level: keyof Logger): Logger['info'] =>
    (message, fields) =>
      void log.push([level, message, fields])
  const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const options = { logger }
  const settings: CountingSettings = { directory, partitions: PARTITIONS, numbers: NUMBERS, bounded, ...more }
  return {
    directory,
    options,
    settings,
    log,
    start(more: Omit<ThreadsOptions, 'data'> & { readonly data?: Partial<CountingSettings> }) {
      const job = runInThreads(module('counting'), { ...options, ...more, data: { ...settings, ...more.data } })
      onTestFinished(() => job.cancel())
      return job
    },
    /** The highest count that was written for each partition: the last one, for counts only grow. */
    async counts(): Promise<Record<string, number>> {
      const text = await readFile(join(directory, 'counts'), 'utf8')
      const highest: Record<string, number> = {}
      for (const line of text.trim().split('\n')) {
        const [partition = '', count] = line.split(' ')
        highest[partition] = Math.max(highest[partition] ?? 0, Number(count))
      }
      return highest
    },
  }
}

function source(name: string): URL {
  return new URL(`./jobs/${name}.ts`, import.meta.url)
}

function module(name: string): URL {
  return pathToFileURL(join(bundles, `${name}.mjs`))
}

/** Resolves as soon as the condition holds; what it looks at comes from other threads. */
async function condition(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}
