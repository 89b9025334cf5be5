import { describe, expect, it } from 'vitest'
import { boundedOutOfOrderness, count, type Pipeline, pipeline, sum, valueState } from '../../src/index.ts'
import { ModelTask } from './model-task.ts'
import type { ModelRecord } from './window-model.ts'

const never = { name: 'unused', rewrite: 'append' as const, open: () => Promise.reject(new Error('not opened')) }

function at(time: number, partition = 0, key = 'a'): ModelRecord {
  return { partition, time, key, n: time }
}

/** A job over records with a key, which are out of order by 10 ms at most. */
function keyedJob() {
  const job = pipeline('contents')
  const timed = job
    .from([] as ModelRecord[], { name: 'records' })
    .withEventTime(({ time }) => time, boundedOutOfOrderness(10))
  return { job, timed, keyed: timed.keyBy(({ key }) => key) }
}

/** Counts records in windows of 100 ms, put out as `start: count`. */
function countWindows(keyed: ReturnType<typeof keyedJob>['keyed']): void {
  keyed
    .tumblingWindow(100)
    .aggregate({ n: count() })
    .map(({ start, value }) => `${start}: ${value.n}`)
    .sink(never, { name: 'windows' })
}

function taskOf(job: Pipeline, partitions = 1): ModelTask<string> {
  return new ModelTask<string>(job, partitions, (sink, value) => `${sink} ${value}`)
}

/** The task is checkpointed and dies: everything that it still knows was in the checkpoint. */
function crashed(task: ModelTask<string>): void {
  task.checkpoint()
  task.crash()
}

describe('a checkpoint holds', () => {
  it('the watermark: a record that was late before a crash is late behind it', () => {
    const { job, keyed } = keyedJob()
    const windows = keyed.tumblingWindow(100).aggregate({ n: count() })
    windows.map(({ start, value }) => `${start}: ${value.n}`).sink(never, { name: 'windows' })
    windows
      .late()
      .map(({ time, watermark }) => `${time} behind ${watermark}`)
      .sink(never, { name: 'late' })
    const task = taskOf(job)
    task.feed(0, [at(50), at(300)])
    crashed(task)
    task.feed(0, [at(60)])
    expect(task.outputs).toEqual(['windows 0: 1', 'late 60 behind 289'])
  })

  it('partial aggregates: a window has the records from before a crash', () => {
    const { job, keyed } = keyedJob()
    keyed
      .tumblingWindow(100)
      .aggregate({ n: count(), total: sum(({ n }) => n) })
      .map(({ start, value }) => `${start}: ${value.n} records of ${value.total}`)
      .sink(never, { name: 'windows' })
    const task = taskOf(job)
    task.feed(0, [at(10), at(20)])
    crashed(task)
    task.feed(0, [at(30)])
    task.happen({ type: 'end' })
    expect(task.outputs).toEqual(['windows 0: 3 records of 60'])
  })

  it('timers: one that was set before a crash fires once behind it, and one that was deleted does not', () => {
    const { job, keyed } = keyedJob()
    keyed
      .process({
        onRecord({ time }, context) {
          context.setTimer(time + 100)
          context.deleteTimer(time + 90)
        },
        onTimer: (time, context) => context.emit(time),
      })
      .sink(never, { name: 'fired' })
    const task = taskOf(job)
    task.feed(0, [at(10), at(20)])
    crashed(task)
    task.feed(0, [at(500)])
    crashed(task)
    task.feed(0, [at(550)])
    expect(task.outputs).toEqual(['fired 120'])
  })

  it('how far each producer was read: a record that comes a second time is dropped behind a crash, too', () => {
    const { job, keyed } = keyedJob()
    keyed
      .process({
        state: { last: valueState(-1) },
        onRecord({ n }, context) {
          const { last } = context.state
          if (n <= last.get()) return
          last.set(n)
          context.emit(n)
        },
      })
      .sink(never, { name: 'rows' })
    const task = taskOf(job)
    task.feed(0, [at(1), at(2)])
    crashed(task)
    task.feed(0, [at(1), at(2), at(3)])
    expect(task.outputs).toEqual(['rows 1', 'rows 2', 'rows 3'])
  })

  it('which partitions are idle: behind a crash, the others need not wait until that is found out again', () => {
    const { job, keyed } = keyedJob()
    countWindows(keyed)
    const task = taskOf(job, 2)
    task.feed(0, [at(10)])
    task.feed(1, [at(10, 1)])
    task.happen({ type: 'idle', partition: 1 })
    crashed(task)
    task.feed(0, [at(300)])
    expect(task.outputs).toEqual(['windows 0: 2'])
  })

  it('the watermark of each partition: behind a crash, one counts that has sent nothing since', () => {
    const { job, keyed } = keyedJob()
    countWindows(keyed)
    const task = taskOf(job, 2)
    task.feed(0, [at(300)])
    task.feed(1, [at(50, 1)])
    crashed(task)
    task.feed(1, [at(350, 1)])
    expect(task.outputs).toEqual(['windows 0: 1'])
  })

  it('what has been emitted: a window that the watermark had passed before a crash does not emit again behind it', () => {
    const { job, keyed } = keyedJob()
    keyed
      .tumblingWindow(100, { allowedLateness: 1_000 })
      .aggregate({ n: count() })
      .map(({ start, value, pane }) => `${start}: ${value.n} ${pane.timing}`)
      .sink(never, { name: 'windows' })
    const task = taskOf(job)
    task.feed(0, [at(50)])
    task.checkpoint()
    task.feed(0, [at(300)])
    crashed(task)
    task.feed(0, [at(350), at(60)])
    expect(task.outputs).toEqual(['windows 0: 1 onTime', 'windows 0: 2 late'])
  })
})
