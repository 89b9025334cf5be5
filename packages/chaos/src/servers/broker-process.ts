import { startBroker } from '@rtp/kafka-embedded'

// A program of its own, so that it can be killed: `broker-process <data folder> <port> [advertised port]`. Says the address for clients and the port.
const [dataDir = '', port = '0', advertisedPort] = process.argv.slice(2)
const advertised = advertisedPort === undefined ? {} : { advertisedPort: Number(advertisedPort) }
const broker = await startBroker({ dataDir, port: Number(port), ...advertised })
console.log(broker.address, broker.port)
process.on('SIGTERM', () => void broker.stop().then(() => process.exit(0)))
// It never outlives whoever started it.
process.stdin.resume()
process.stdin.once('close', () => process.exit(0))
