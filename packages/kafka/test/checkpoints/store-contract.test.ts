import { storeContract } from '@rtp/stream-testing'
import { forEachBroker } from '@rtp/test-servers/vitest'
import { it } from 'vitest'
import { kafkaCheckpoints } from '../../src/index.ts'
import { stateTopicOf, writeRecord } from './state-topic.ts'

forEachBroker(broker => {
  const { brokers } = broker
  const cases = storeContract({
    create: async () => ({ store: () => kafkaCheckpoints({ brokers }) }),
    shared: true,
    corrupt: (_, job) => writeRecord(brokers, stateTopicOf(job), '["task","0"]', 'not what the store writes'),
    makeNewer: (_, job) => writeRecord(brokers, stateTopicOf(job), '["task","0"]', JSON.stringify({ version: 2, job })),
  })
  for (const { name, run } of cases) it(name, run, 30_000)
})
