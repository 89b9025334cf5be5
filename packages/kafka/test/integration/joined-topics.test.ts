import { batchOf } from '@rtp/stream-testing'
import { type BrokerAddress, forEachBroker } from '@rtp/test-servers/vitest'
import { expect, it } from 'vitest'
import { GROUP_KILLS } from '../../../../runs.preset.ts'
import { kafkaSink, text } from '../../src/index.ts'
import { type JobProcess, killLater, readCommitted, startJob } from './job-process.ts'
import { closingLines, freshTopic, sinkContext, type TestTopic } from './test-topic.ts'

const PARTITIONS = 6
const KEYS = 30
const RECORDS = GROUP_KILLS * 1_500

/** `key time number` in order of time, 50 a second; the second side has fewer of them. */
const left = Array.from({ length: RECORDS }, (_, index) => `key-${(index * 7) % KEYS} ${index * 20} ${index}`)
const right = left.filter((_, index) => index % 3 === 0)

/** What one process that never dies writes. */
function expected(): string[] {
  const windows = new Map<string, [{ count: number; sum: number }, { count: number; sum: number }]>()
  for (const [side, lines] of [left, right].entries()) {
    for (const line of lines) {
      const [key, time, number] = line.split(' ')
      const id = `${key} ${Math.floor(Number(time) / 1_000) * 1_000}`
      const sides = windows.get(id) ?? [
        { count: 0, sum: 0 },
        { count: 0, sum: 0 },
      ]
      sides[side]!.count++
      sides[side]!.sum += Number(number)
      windows.set(id, sides)
    }
  }
  return [...windows].map(([id, sides]) => [id, ...sides.map(({ count, sum }) => `${count}:${sum}`)].join(' ')).sort()
}

async function filled(broker: BrokerAddress, lines: readonly string[]): Promise<TestTopic> {
  const topic = await freshTopic(broker, { partitions: PARTITIONS })
  const sink = kafkaSink<string>({ ...topic, value: text, key: line => line.split(' ')[0]! })
  const writer = await sink.open(sinkContext())
  writer.write(batchOf([...lines, ...closingLines(PARTITIONS, RECORDS * 1_000)]))
  await writer.seal()!.flush()
  await writer.close()
  return topic
}

forEachBroker(broker => {
  it(
    'three processes join two topics while others come, leave and are killed: each result is there once',
    async () => {
      const inputs = [await filled(broker, left), await filled(broker, right)]
      const output = await freshTopic(broker, { partitions: 3 })
      const isEmbedded = broker.kind === 'embedded'
      // A real broker lets no member be silent for less than 6 s, which is what each kill costs.
      const [rounds, sessionTimeoutMs] = isEmbedded ? [GROUP_KILLS, 1_000] : [1, 6_000]
      // Those that are to be killed never end by themselves, however quick the machine is.
      const start = (until: 'end' | 'forever'): JobProcess =>
        startJob(new URL('../programs/join-topics.ts', import.meta.url), [
          until,
          broker.brokers.join(','),
          ...[...inputs, output].map(({ topic }) => topic),
          String(sessionTimeoutMs),
        ])
      let started = 0
      const next = (): JobProcess => start(started++ < rounds ? 'forever' : 'end')
      const running = [next(), next(), next()]
      let kills = 0
      for (let round = 0; round < rounds; round++) {
        const victim = running.shift()!
        if ((await killLater(victim, 150)) === 'killed') kills++
        running.push(next())
      }
      expect(await Promise.all(running.map(({ end }) => end))).toEqual(['ended', 'ended', 'ended'])
      expect(kills).toBe(rounds)
      expect(await start('end').end).toBe('ended')
      expect(await readCommitted(output)).toEqual(expected())
    },
    120_000 + GROUP_KILLS * 15_000,
  )
})
