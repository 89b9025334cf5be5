import { createHash } from 'node:crypto'
import { batchOf } from '@rtp/stream-testing'
import { kafkaSink, nullable, text } from '../../src/index.ts'
import { sinkContext } from '../integration/test-topic.ts'

/** The topic that a job's checkpoints are kept in by default. */
export function stateTopicOf(job: string): string {
  const readable = job.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  const hash = createHash('sha256').update(job).digest('hex').slice(0, 12)
  return `rtp-checkpoints-${readable}${readable === job ? '' : `-${hash}`}`
}

/** Writes one record, outside of any transaction; null deletes the key. */
export async function writeRecord(
  brokers: readonly string[],
  topic: string,
  key: string,
  value: string | null,
): Promise<void> {
  const sink = kafkaSink<string | null>({ brokers, topic, value: nullable(text), key: () => key })
  const writer = await sink.open(sinkContext())
  writer.write(batchOf([value]))
  await writer.seal()!.flush()
  await writer.close()
}
