import { boundedOutOfOrderness, count, pipeline, run } from '@rtp/stream-core'
import { expect, it } from 'vitest'
import { crash, manualClock, memoryDatabase, records, scriptedSource } from '../src/index.ts'

it('does what the README shows', async () => {
  const source = scriptedSource([[...records([1, 2, 12]), crash(), ...records([15, 31])]])
  const database = memoryDatabase()
  const rows = database.sink<string>()

  const job = pipeline('counts')
  job
    .from(source)
    .withEventTime(at => at, boundedOutOfOrderness(5))
    .keyBy(() => 'all')
    .tumblingWindow(10, { name: 'per-ten' })
    .aggregate({ n: count() })
    .map(({ start, value }) => `from ${start}: ${value.n}`)
    .sink(rows)

  const clock = manualClock()
  await clock.runUntil(run(job, { store: database.store, clock }).done)
  expect(rows.values).toEqual(['from 0: 2', 'from 10: 2', 'from 30: 1'])
})
