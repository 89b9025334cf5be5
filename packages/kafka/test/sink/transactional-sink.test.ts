import { type SinkContractOptions, type SinkPlace, sinkContract } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { describe, it } from 'vitest'
import { deleteTopic, kafkaCheckpoints, kafkaSource, text } from '../../src/index.ts'
import { CheckpointedTask } from '../checkpoints/checkpointed-task.ts'
import { freshTopic, readAll, sourceContext, valuesOf } from '../integration/test-topic.ts'

forEachBroker(broker => {
  async function place(): Promise<SinkPlace<string>> {
    const target = await freshTopic(broker)
    const checkpoints = kafkaCheckpoints({ brokers: broker.brokers })
    let task: Promise<CheckpointedTask> | undefined
    return {
      sink: checkpoints.sink<string>({ topic: target.topic, value: text, bufferBytes: 100_000, batchBytes: 10_000 }),
      async visible() {
        const session = await kafkaSource({ ...target, value: text, until: 'end' }).open(sourceContext())
        const values = valuesOf(await readAll(await session.read(0, undefined)))
        await session.close()
        return values
      },
      async transaction(work) {
        task ??= CheckpointedTask.acquire(checkpoints, target.topic)
        const output = { records: 0, bytes: 0, flush: () => Promise.resolve(), join: work }
        const committed = (await task).commit(output)
        // As a job does after a commit that failed; after one that went well, it waits until readers see everything.
        task = committed.catch(() => undefined).then(() => CheckpointedTask.acquire(checkpoints, target.topic))
        await committed
        await task
      },
      async dispose() {
        await checkpoints.close()
        await deleteTopic(target, target.topic)
      },
    }
  }

  const options: SinkContractOptions<string> = {
    create: place,
    record: number => `record ${number}`,
    holdsBackAfter: 20_000,
  }
  describe.each([
    ['in the checkpoint', options],
    ['on its own', { ...options, durableBy: 'flush' as const }],
  ])('a transactional Kafka sink keeps the rules of every sink: %s', (_, contract) => {
    for (const { name, run } of sinkContract(contract)) it(name, run, 30_000)
  })
})
