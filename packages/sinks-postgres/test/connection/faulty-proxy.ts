import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What to do with the connection when the client sends something. */
export interface Fault {
  /** Text in the bytes that the client sends, e.g. `COMMIT`. */
  readonly when: string
  /**
   * 'lose': neither this nor anything later reaches the server. 'lose answer': it reaches the server, the answer does not reach the client.
   * 'vanish': as 'lose answer', and nobody can connect any more. 'stall': everything waits until `resume`.
   */
  readonly effect: 'lose' | 'lose answer' | 'vanish' | 'stall'
}

/** A way to the database that breaks on demand. */
export interface FaultyProxy {
  readonly url: string
  /** Sets what happens the next time; once. */
  next(fault: Fault): void
  /** Resolves when the fault has happened. */
  happened(): Promise<void>
  /** Ends a stall: what was held back goes on. */
  resume(): void
}

export async function faultyProxy(url: string): Promise<FaultyProxy> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let fault: Fault | undefined
  let happen = () => {}
  let happened = Promise.resolve()
  let resume = () => {}
  const server = createServer(client => {
    const upstream = connect(Number(target.port), target.hostname)
    let stalled: Buffer[] | undefined
    let isAnswerLost = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    client.on('close', () => {
      // A machine that vanishes says no goodbye: the server must finish what it was given.
      if (!isAnswerLost) upstream.destroy()
    })
    upstream.on('close', () => client.destroy())
    upstream.on('data', bytes => {
      if (!isAnswerLost) client.write(bytes)
    })
    client.on('data', bytes => {
      if (stalled !== undefined) {
        stalled.push(bytes)
        return
      }
      if (fault === undefined || !bytes.includes(fault.when)) {
        upstream.write(bytes)
        return
      }
      const { effect } = fault
      fault = undefined
      if (effect === 'lose') client.destroy()
      else if (effect !== 'stall') {
        if (effect === 'vanish') server.close()
        isAnswerLost = true
        upstream.write(bytes, () => client.destroy())
      } else {
        stalled = [bytes]
        resume = () => {
          for (const held of stalled ?? []) upstream.write(held)
          stalled = undefined
        }
      }
      happen()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const through = new URL(url)
  through.port = String(address.port)
  return {
    url: through.href,
    next(next) {
      fault = next
      happened = new Promise(resolve => {
        happen = resolve
      })
    },
    happened: () => happened,
    resume: () => resume(),
  }
}
