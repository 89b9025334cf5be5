import { sinkContract } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { it } from 'vitest'
import { deleteTopic, kafkaSink, kafkaSource, text } from '../../src/index.ts'
import { freshTopic, readAll, sourceContext, valuesOf } from './test-topic.ts'

forEachBroker(broker => {
  const cases = sinkContract<string>({
    async create() {
      const target = await freshTopic(broker)
      return {
        // A batch that lingers is not sent before its part is flushed: the contract asks for what a reader sees until then.
        sink: kafkaSink<string>({ ...target, value: text, lingerMs: 600_000, bufferBytes: 300_000 }),
        async visible() {
          const session = await kafkaSource({ ...target, value: text, until: 'end' }).open(sourceContext())
          const values = valuesOf(await readAll(await session.read(0, undefined)))
          await session.close()
          return values
        },
        dispose: async () => {
          await deleteTopic(target, target.topic)
        },
      }
    },
    record: number => `record ${number}`,
  })
  for (const { name, run } of cases) it(name, run)
})
