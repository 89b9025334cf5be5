import { randomUUID } from 'node:crypto'
import { ensureTopic, kafkaSink, partitionOfKey, text } from '@rtp/kafka'
import { from, run } from '@rtp/stream-core'

const PARTITIONS = 4
const KEYS = 12
const RECORDS = 6_000

/** `key time number`: in order of time, 50 a second; behind them a record in each partition that closes every window before it. */
const LINES: readonly string[] = [
  ...Array.from({ length: RECORDS }, (_, index) => `key-${(index * 7) % KEYS} ${index * 20} ${index}`),
  ...Array.from({ length: PARTITIONS }, (_, partition) => `${keyIn(partition)} ${RECORDS * 20 + 1_000} 0`),
]

/** What a job that never dies writes; windows of the closing records stay open. */
export const EXPECTED: { readonly lines: readonly string[]; readonly totals: readonly string[] } = {
  lines: [...LINES].sort(),
  totals: totalsOf(LINES.slice(0, RECORDS)),
}

/** A topic that holds the lines, for jobs of any name. */
export async function countingInput(brokers: readonly string[]): Promise<string> {
  const topic = `lines-${randomUUID()}`
  await ensureTopic({ brokers }, { topic, partitions: PARTITIONS, configs: { 'retention.ms': '-1' } })
  // Small batches, so that the job reads in many steps.
  const sink = kafkaSink<string>({ brokers, topic, value: text, key: line => line.split(' ')[0]!, batchBytes: 2_048 })
  await run(from(LINES).sink(sink)).done
  return topic
}

function totalsOf(lines: readonly string[]): string[] {
  const totals = new Map<string, number>()
  for (const line of lines) {
    const [key, time, number] = line.split(' ')
    const id = `${key} ${Math.floor(Number(time) / 1_000) * 1_000}`
    totals.set(id, (totals.get(id) ?? 0) + Number(number))
  }
  return [...totals].map(([id, total]) => `${id} ${total}`).sort()
}

function keyIn(partition: number): string {
  for (let number = 0; ; number++) {
    const key = `closing-${number}`
    if (partitionOfKey(Buffer.from(key), PARTITIONS) === partition) return key
  }
}
