import { pause, records, type SourceStep, scriptedSource } from '@rtp/stream-testing'
import { describe, expect, it } from 'vitest'
import type { SavedTask } from '../../src/extend.ts'
import {
  boundedOutOfOrderness,
  collect,
  count,
  mapState,
  mean,
  memoryCheckpointStore,
  minutes,
  pipeline,
  run,
  StreamError,
  seconds,
  sum,
  toArray,
  valueState,
} from '../../src/index.ts'

interface Reading {
  readonly sensor: string
  readonly at: number
  readonly value: number
}

const readings: readonly Reading[] = Array.from({ length: 40 }, (_, i) => ({
  sensor: `sensor ${i % 4}`,
  at: i * 7_000,
  value: i * 1.5,
}))

/** A job with state of several sorts, under the same names however often it is made. */
function job(steps: readonly SourceStep<Reading>[] = records([...readings])) {
  const definition = pipeline('readings')
  const timed = definition
    .from(scriptedSource([[...steps]]), { name: 'readings' })
    .withEventTime(r => r.at, boundedOutOfOrderness(seconds(5)), { name: 'time' })
    .keyBy(r => r.sensor)
  timed
    .tumblingWindow(minutes(5), { name: 'windows' })
    .aggregate({ n: count(), mean: mean(r => r.value), all: collect(r => r.value) })
    .sink(toArray<unknown>([]), { name: 'rows' })
  timed
    .process(
      {
        state: { last: valueState<number | undefined>(undefined), byMinute: mapState<number, number>() },
        onRecord(reading, { state }) {
          state.last.set(reading.value)
          state.byMinute.set(Math.floor(reading.at / 60_000), reading.value)
        },
      },
      { name: 'process' },
    )
    .sink(toArray<unknown>([]), { name: 'nothing' })
  timed
    .slidingWindow(minutes(4), minutes(1), { name: 'sliding' })
    .aggregate({ sum: sum(r => r.value) })
    .sink(toArray<unknown>([]), { name: 'sums' })
  return definition
}

/** What the one task has stored after all records, with open windows. */
async function saved(): Promise<SavedTask> {
  const store = memoryCheckpointStore()
  const end = pause()
  const running = run(job([...records([...readings]), end]), { store, checkpoint: { records: 10 } })
  await end.reached
  await running.stop()
  end.release()
  const { tasks } = await store.archive!.read('readings')
  return tasks[0]!
}

/** What becomes of a job that is to go on from these snapshots. */
async function outcome(task: SavedTask, snapshots: readonly Uint8Array[]): Promise<string> {
  const store = memoryCheckpointStore()
  await store.archive!.put('readings', [{ ...task, snapshots }])
  return run(job(), { store }).done.then(
    () => 'goes on',
    error => {
      if (error instanceof StreamError) return error.code
      throw error
    },
  )
}

describe('a snapshot that is not what was written', () => {
  it('is refused where it is cut short, at any byte, and where something follows it', async () => {
    const task = await saved()
    const [whole, ...changes] = task.snapshots
    expect(await outcome(task, task.snapshots)).toBe('goes on')
    for (let length = 0; length < whole!.length; length += 3)
      expect(await outcome(task, [whole!.subarray(0, length), ...changes]), `cut at ${length}`).toBe(
        'CHECKPOINT_CORRUPT',
      )
    expect(await outcome(task, [Uint8Array.of(...whole!, 0), ...changes])).toBe('CHECKPOINT_CORRUPT')
  })

  it('ends in an error with a code, or in another state, wherever a byte has changed: nothing else is thrown, and nothing runs without end', async () => {
    const task = await saved()
    const [whole, ...changes] = task.snapshots
    const seen = new Set<string>()
    for (let at = 0; at < whole!.length; at += 4) {
      for (const flip of [0x01, 0x80]) {
        const changed = Uint8Array.from(whole!)
        changed[at]! ^= flip
        seen.add(await outcome(task, [changed, ...changes]))
      }
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(['CHECKPOINT_CORRUPT', 'STATE_UNKNOWN', 'CHECKPOINT_NEWER_VERSION']),
    )
  })
})
