import { createServer } from 'node:net'

/** Below the ranges from which systems take ports for outgoing connections, so that a stopped server finds its port free again. */
const FIRST_PORT = 15_000
const PORT_COUNT = 16_000

/** A port of 127.0.0.1 that nobody listens on at this moment. Another process may still take it: the caller tries again then. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
