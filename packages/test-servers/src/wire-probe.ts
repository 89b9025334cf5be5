import { connect } from 'node:net'

const TIMEOUT_MS = 2_000

/** ApiVersions v0, correlation id 1, no client id: the one request that every broker answers before anything else. */
const API_VERSIONS_V0 = Buffer.from('0000000a' + '0012' + '0000' + '00000001' + 'ffff', 'hex')

/** True when a Kafka broker at `address` (`host:port`) answers an ApiVersions request: an open port alone is no broker yet. */
export async function answersKafka(address: string): Promise<boolean> {
  const separator = address.lastIndexOf(':')
  const port = Number(address.slice(separator + 1))
  if (separator < 0 || !Number.isInteger(port)) return false
  return new Promise(resolve => {
    const socket = connect(port, address.slice(0, separator))
    const settle = (answers: boolean) => {
      socket.destroy()
      resolve(answers)
    }
    let received = Buffer.alloc(0)
    socket.setTimeout(TIMEOUT_MS, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('connect', () => socket.write(API_VERSIONS_V0))
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      // Length, correlation id, error code.
      if (received.length >= 10) settle(received.readInt32BE(4) === 1 && received.readInt16BE(8) === 0)
    })
  })
}
