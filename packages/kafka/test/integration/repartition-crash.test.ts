import { randomUUID } from 'node:crypto'
import { batchOf } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { expect, it } from 'vitest'
import { REPARTITION_KILLS } from '../../../../runs.preset.ts'
import { kafkaSink, text } from '../../src/index.ts'
import { GROUPS } from '../programs/repartitioned.ts'
import { type JobProcess, killLater, readCommitted, startJob } from './job-process.ts'
import { closingLines, freshTopic, sinkContext } from './test-topic.ts'

const TASKS = 4
const PARTITIONS = 3
const RECORDS = REPARTITION_KILLS * 5_000

/** `key time number`: in order of time, 50 a second. */
const lines = Array.from({ length: RECORDS }, (_, index) => `key-${(index * 7) % 40} ${index * 20} ${index}`)

function expected(): string[] {
  const windows = new Map<string, { count: number; sum: number }>()
  for (let number = 0; number < RECORDS; number++) {
    const id = `key-${number % GROUPS} ${Math.floor((number * 20) / 1_000) * 1_000}`
    const window = windows.get(id) ?? { count: 0, sum: 0 }
    windows.set(id, { count: window.count + 1, sum: window.sum + number })
  }
  return [...windows].map(([id, { count, sum }]) => `${id} ${count} ${sum}`).sort()
}

forEachBroker(broker => {
  it(
    'both halves of a repartitioned job are killed again and again: each result is there once, and right',
    async () => {
      const input = await freshTopic(broker, { partitions: TASKS })
      const writer = await kafkaSink<string>({ ...input, value: text, key: line => line.split(' ')[0]! }).open(
        sinkContext(),
      )
      writer.write(batchOf([...lines, ...closingLines(TASKS, RECORDS * 20)]))
      await writer.seal()!.flush()
      await writer.close()
      const output = await freshTopic(broker, { partitions: 2 })
      const between = `between-${randomUUID()}`
      const start = (half: 'first' | 'second', until: 'end' | 'forever'): JobProcess =>
        startJob(new URL('../programs/repartition.ts', import.meta.url), [
          half,
          until,
          broker.brokers.join(','),
          ...[input.topic, between, output.topic],
          String(PARTITIONS),
        ])
      const kills = { first: 0, second: 0 }
      for (let round = 0; round < REPARTITION_KILLS; round++) {
        const halves = (['first', 'second'] as const).map(async half => {
          if ((await killLater(start(half, 'forever'), 150)) === 'killed') kills[half]++
        })
        await Promise.all(halves)
      }
      expect(await start('first', 'end').end).toBe('ended')
      expect(await start('second', 'end').end).toBe('ended')
      expect(kills).toEqual({ first: REPARTITION_KILLS, second: REPARTITION_KILLS })
      expect(await readCommitted(output)).toEqual(expected())
    },
    120_000 + REPARTITION_KILLS * 15_000,
  )
})
