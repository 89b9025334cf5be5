import { type BadRecord, type Late, run, type WindowResult } from '@rtp/stream-core'
import { recordingSink, type SourceStep, scriptedSource } from '@rtp/stream-testing'
import { expect, test } from 'vitest'
import { DEFAULT_CONFIG } from '../src/config/pipeline-config.ts'
import { telemetry } from '../src/pipeline.ts'
import type { MinuteStatistics, Reading } from '../src/readings/reading.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 1)

/** A reading of sensor 1, so many seconds after the start. */
const at = (seconds: number, value: number): SourceStep<Reading> => ({
  value: { sensor_id: 1, value, event_time: START + seconds * 1000, meta: undefined },
})

async function runOver(steps: readonly SourceStep<Reading>[], ends: 'input' | 'paused' = 'input') {
  const minutes = recordingSink<WindowResult<number, MinuteStatistics>>({
    rewrite: 'idempotent',
    keyOf: ({ key, start }) => `${key} ${start}`,
  })
  const rawEvents = recordingSink<Reading>()
  const lateRecords = recordingSink<Late<Reading>>()
  const deadLetters = recordingSink<BadRecord>()
  const source = scriptedSource([steps], { partitionOf: () => 0, ends })
  await run(telemetry(source, { minutes, rawEvents, lateRecords, deadLetters }, DEFAULT_CONFIG)).done
  return { minutes, rawEvents, lateRecords, deadLetters }
}

test('writes every reading as it is, and one result per sensor and minute', async () => {
  const { minutes, rawEvents } = await runOver([at(0, 2), at(59, 4), at(60, 10), at(30, 3)])
  expect(rawEvents.values.map(({ value }) => value)).toEqual([2, 4, 10, 3])
  expect(minutes.values).toEqual([
    {
      key: 1,
      start: START,
      end: START + MINUTE,
      value: { cnt: 3, avg: 3, min: 2, max: 4 },
      pane: { timing: 'onTime', index: 0, isLast: true },
    },
    {
      key: 1,
      start: START + MINUTE,
      end: START + 2 * MINUTE,
      value: { cnt: 1, avg: 10, min: 10, max: 10 },
      pane: { timing: 'onTime', index: 0, isLast: true },
    },
  ])
})

test('a reading that comes up to an hour late updates its minute; a later one is listed, and stays a raw event', async () => {
  const { minutes, rawEvents, lateRecords } = await runOver([at(0, 1), at(3600, 5), at(1, 3), at(3666, 5), at(2, 9)])
  const first = minutes.values.find(({ start }) => start === START)
  expect(first).toMatchObject({ value: { cnt: 2, avg: 2, min: 1, max: 3 }, pane: { timing: 'late' } })
  expect(lateRecords.values.map(({ value, lateByMs }) => [value.value, lateByMs])).toEqual([[9, 1000]])
  expect(lateRecords.visible[0]).toMatchObject({ offset: 4, partition: 'scripted/0' })
  expect(rawEvents.values.length).toBe(5)
})

test('hands bad records over with their bytes and goes on', async () => {
  const { deadLetters, rawEvents } = await runOver([at(0, 1), { bad: 'not a reading', reason: 'NOT_JSON' }, at(1, 2)])
  expect(deadLetters.values).toMatchObject([
    { reason: 'NOT_JSON', offset: 1, bytes: new TextEncoder().encode('not a reading') },
  ])
  expect(rawEvents.values.length).toBe(2)
})

test('writes open minutes as they are when the source pauses', async () => {
  const { minutes } = await runOver([at(0, 1), at(1, 3)], 'paused')
  expect(minutes.values).toMatchObject([{ start: START, value: { cnt: 2, avg: 2 }, pane: { timing: 'quiet' } }])
})
