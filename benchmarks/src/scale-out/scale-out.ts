import { topicOffsets } from '@rtp/kafka'
import { type FreshDatabase, postgres } from '@rtp/test-servers'
import pg from 'pg'
import { toBatches } from '../harness/batches.ts'
import type { Benchmark, Comparison } from '../harness/benchmark.ts'
import { type Contender, compare, spread } from '../harness/compare.ts'
import { startEmbeddedBroker } from '../kafka/broker.ts'
import { makeMessages } from '../kafka/message.ts'
import { produceBySink, textSink } from '../kafka/produce-by-sink.ts'
import { withTopic } from '../kafka/topic.ts'
import type { MemberProgram } from './member-program.ts'
import { type MembersRun, runMembers } from './run-members.ts'
import { RESULTS_TABLE } from './scaled-job.ts'

/** More cores by processes and by worker threads. */
export const scaleOut: Benchmark = {
  name: 'scale-out',
  title: 'a job bound by its user function in one process, in two, and in two threads of one',
  async run(options): Promise<readonly Comparison[]> {
    const server = await postgres()
    const broker = await startEmbeddedBroker()
    const messages = makeMessages(options.quick ? 60_000 : 200_000)
    const runs = new Map<string, MembersRun[]>()
    try {
      return await withTopic(broker.brokers, async topic => {
        await produceBySink(textSink(broker.brokers, topic), toBatches(messages))
        const { halves, largerShare } = await halvesOf(broker.brokers, topic)
        const contender = (
          name: string,
          lists: readonly number[][],
          members: readonly MemberProgram['member'][],
        ): Contender => ({
          name,
          async run() {
            const database = await server.freshDatabase()
            try {
              await query(database, RESULTS_TABLE)
              const settings = { brokers: broker.brokers, topic, database: database.url, lists }
              const run = await runMembers(members.map(member => ({ settings, member })))
              runs.set(name, [...(runs.get(name) ?? []), run])
              const result = await query(database, RESULT)
              return { result: JSON.stringify(result), seconds: run.seconds, cpuSeconds: run.cpuSeconds }
            } finally {
              await database.drop()
            }
          },
        })
        const comparison = await compare(
          'scale-out: one process, two processes, two threads',
          messages.length,
          options.quick ? 1 : 5,
          [
            contender('one process', [halves.flat()], [0]),
            contender('two processes', halves, [0, 1]),
            contender('one process of two threads', halves, ['threads']),
          ],
          options,
          [
            `${messages.length.toLocaleString('en')} messages of 90 bytes on ${halves.flat().length} partitions of the embedded broker; a checksum over each record 50 times over, count and maximum by key, exactly once into PostgreSQL ${server.version}`,
            `from the first record that any member sees to the last commit; the partitions are divided by lists, and the larger half holds ${(largerShare * 100).toFixed(1)} % of the messages`,
          ],
        )
        return [
          { ...comparison, notes: [...comparison.notes, ...[...runs].map(([name, own]) => coresUsed(name, own))] },
        ]
      })
    } finally {
      await broker.stop()
      await server.stop()
    }
  },
}

const RESULT = 'select count(*)::int as rows, sum(readings)::int as readings, sum(highest) as highest from bench.scores'

async function query({ url }: FreshDatabase, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** The partitions in two lists that hold about equally many messages: two members can be no quicker than the one that has more. */
async function halvesOf(
  brokers: readonly string[],
  topic: string,
): Promise<{ readonly halves: [number[], number[]]; readonly largerShare: number }> {
  const { latest } = await topicOffsets({ brokers }, topic)
  const bySize = latest.map((size, partition) => ({ size, partition })).sort((one, other) => other.size - one.size)
  const halves: [number[], number[]] = [[], []]
  const sizes: [number, number] = [0, 0]
  for (const { size, partition } of bySize) {
    const smaller = sizes[0] <= sizes[1] ? 0 : 1
    halves[smaller].push(partition)
    sizes[smaller] += size
  }
  return { halves, largerShare: Math.max(...sizes) / (sizes[0] + sizes[1]) }
}

/** The first run warmed up. */
function coresUsed(name: string, [, ...runs]: readonly MembersRun[]): string {
  const own = spread(runs.map(({ seconds, cpuSeconds }) => cpuSeconds / seconds)).median
  const other = spread(runs.map(({ otherCpuSeconds }) => otherCpuSeconds)).median
  return `${name}: ${own.toFixed(2)} cores; CPU of everything else from start to end (broker, database, whoever works there besides): ${other.toFixed(1)} s`
}
