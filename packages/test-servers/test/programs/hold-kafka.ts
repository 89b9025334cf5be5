import { apacheKafka } from '../../src/index.ts'

/** Starts Apache Kafka, says where it is or why it is not, and stays. */
process.send?.(await apacheKafka())
setInterval(() => undefined, 1_000)
