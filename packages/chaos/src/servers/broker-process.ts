import { startBroker } from '@rtp/kafka-embedded'

// A program of its own, so that it can be killed: `broker-process <data folder> <port>`. Says where it listens.
const [dataDir = '', port = '0'] = process.argv.slice(2)
const broker = await startBroker({ dataDir, port: Number(port) })
console.log(broker.address)
process.on('SIGTERM', () => void broker.stop().then(() => process.exit(0)))
// It never outlives whoever started it.
process.stdin.resume()
process.stdin.once('close', () => process.exit(0))
