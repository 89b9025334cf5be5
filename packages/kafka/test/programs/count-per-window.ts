import { pipeline } from '@rtp/stream-core'
import { kafkaCheckpoints, kafkaSource, text } from '../../src/index.ts'
import { counted } from './counted.ts'
import { runToEnd } from './run-to-end.ts'

/** Counts records per key and second from one topic into another until the end of the input, alone or in a group; says when it runs. */
const [brokers = '', input = '', output = '', assignment = 'all'] = process.argv.slice(2)
const connection = { brokers: brokers.split(',') }
const checkpoints = kafkaCheckpoints({ ...connection, transactionTimeoutMs: 600_000 })

const sharing = assignment === 'group' ? { sessionTimeoutMs: 1_000 } : { assignment: 'all' as const }

const job = pipeline(`count ${input}`)
counted(
  job.from(kafkaSource({ ...connection, topic: input, value: text, until: 'end', fetchBytes: 4_096, ...sharing })),
).sink(checkpoints.sink({ topic: output, value: text, key: line => line.split(' ')[0]! }))
await runToEnd(job, checkpoints)
