import { embeddedKafka } from '@rtp/test-servers'

// A program of its own: says where the broker is, and ends with its standard input, so that it never outlives the benchmark.
const broker = await embeddedKafka()
console.log(broker.brokers[0])
process.stdin.resume()
process.stdin.once('close', () => void broker.stop())
