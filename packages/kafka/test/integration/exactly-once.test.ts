import { setTimeout } from 'node:timers/promises'
import { pipeline } from '@rtp/stream-core'
import { batchOf } from '@rtp/stream-testing'
import { type BrokerAddress, forEachBroker } from '@rtp/test-servers/vitest'
import { expect, it } from 'vitest'
import { kafkaCheckpoints, kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { counted } from '../programs/counted.ts'
import { type JobProcess, killLater, readCommitted, startJob } from './job-process.ts'
import { closingLines, freshTopic, sinkContext, type TestTopic } from './test-topic.ts'

const PARTITIONS = 4
const KEYS = 40
const RECORDS = 60_000
const KILLS = 8

/** `key time number`: in order of time, 50 a second. */
const lines = Array.from({ length: RECORDS }, (_, index) => `key-${(index * 7) % KEYS} ${index * 20} ${index}`)

/** What a job that never dies writes. */
function expected(): string[] {
  const windows = new Map<string, { count: number; sum: number }>()
  for (const line of lines) {
    const [key, time, number] = line.split(' ')
    const id = `${key} ${Math.floor(Number(time) / 1_000) * 1_000}`
    const window = windows.get(id) ?? { count: 0, sum: 0 }
    windows.set(id, { count: window.count + 1, sum: window.sum + Number(number) })
  }
  return [...windows].map(([id, { count, sum }]) => `${id} ${count} ${sum}`).sort()
}

/** The input, and behind it a record in each partition that closes every window before it. */
async function filledTopic(broker: BrokerAddress): Promise<TestTopic> {
  const topic = await freshTopic(broker, { partitions: PARTITIONS })
  const writer = await kafkaSink<string>({ ...topic, value: text, key: line => line.split(' ')[0]! }).open(
    sinkContext(),
  )
  const closing = closingLines(PARTITIONS, RECORDS * 1_000)
  writer.write(batchOf([...lines, ...closing]))
  await writer.seal()!.flush()
  await writer.close()
  return topic
}

/** The job as a process of its own. */
function start(input: TestTopic, output: TestTopic, assignment: 'all' | 'group' = 'all'): JobProcess {
  const program = new URL('../programs/count-per-window.ts', import.meta.url)
  return startJob(program, [input.brokers.join(','), input.topic, output.topic, assignment])
}

forEachBroker(broker => {
  it('a job from Kafka to Kafka that is killed again and again: readers of committed records see each result once', async () => {
    const input = await filledTopic(broker)
    const output = await freshTopic(broker, { partitions: 3 })
    let kills = 0
    while (kills < KILLS && (await killLater(start(input, output), 100)) === 'killed') kills++
    expect(await start(input, output).end).toBe('ended')
    expect(kills).toBeGreaterThan(KILLS / 2)
    expect(await readCommitted(output)).toEqual(expected())
  }, 120_000)

  it('a process that was paused while another did its work writes nothing when it wakes up', async () => {
    const input = await filledTopic(broker)
    const output = await freshTopic(broker, { partitions: 3 })
    const paused = start(input, output)
    await paused.isRunning
    await setTimeout(Math.random() * 50)
    paused.process.kill('SIGSTOP')
    expect(await start(input, output).end).toBe('ended')
    expect(await readCommitted(output)).toEqual(expected())
    paused.process.kill('SIGCONT')
    expect(await paused.end).toBe('fenced')
    expect(await readCommitted(output)).toEqual(expected())
  }, 120_000)

  // A real broker lets no member be silent for less than 6 s, which is what each kill would cost.
  it.skipIf(broker.kind !== 'embedded')(
    'processes that share the tasks are killed: readers of committed records see each result once',
    async () => {
      const input = await filledTopic(broker)
      const output = await freshTopic(broker, { partitions: 3 })
      let [victim, other] = [start(input, output, 'group'), start(input, output, 'group')]
      let kills = 0
      for (let round = 0; round < 4; round++) {
        if ((await killLater(victim, 150)) === 'killed') kills++
        ;[victim, other] = [other, start(input, output, 'group')]
      }
      expect(await Promise.all([victim.end, other.end])).toEqual(['ended', 'ended'])
      expect(kills).toBeGreaterThan(1)
      expect(await start(input, output).end).toBe('ended')
      expect(await readCommitted(output)).toEqual(expected())
    },
    120_000,
  )

  it('explain() says exactly-once for a sink of the job`s own checkpoints, and less for any other', async () => {
    const { brokers } = broker
    const checkpoints = kafkaCheckpoints({ brokers })
    const others = kafkaCheckpoints({ brokers })
    const read = kafkaSource({ brokers, topic: 'in', value: text })
    const guarantee = (sink: ReturnType<typeof kafkaSink<string>>) => {
      const job = pipeline('job')
      counted(job.from(read)).sink(sink)
      return job.explain({ store: checkpoints })
    }
    const inTransaction = guarantee(checkpoints.sink({ topic: 'out', value: text }))
    expect(inTransaction).toContain('exactly-once')
    expect(inTransaction).toContain(`written in the transaction of the checkpoint (Kafka at ${brokers.join(', ')})`)
    for (const sink of [
      kafkaSink<string>({ brokers, topic: 'out', value: text }),
      others.sink<string>({ topic: 'out', value: text }),
    ]) {
      expect(guarantee(sink)).toContain('at-least-once')
      expect(guarantee(sink)).not.toContain('exactly-once')
    }
  })
})
