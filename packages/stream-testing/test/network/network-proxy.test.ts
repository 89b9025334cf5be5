import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { dealNetworkFaults, type NetworkFault, type NetworkProxy, networkProxy } from '../../src/network.ts'

test('passes bytes and goodbyes both ways', async () => {
  const { proxy, client, server } = await opened()
  client.socket.write('ping')
  await server.received('ping')
  server.socket.end('pong')
  await client.received('pong')
  await client.ended
  client.socket.end()
  expect(proxy.counts).toMatchObject({ connections: 1, bytes: { toServer: 4, toClient: 4 } })
  await expect.poll(() => proxy.openConnections).toBe(0)
})

test('makes bytes late in one direction and keeps their order', async () => {
  const { proxy, client, server } = await opened()
  proxy.apply({ kind: 'latency', ms: 60, jitterMs: 40, direction: 'toServer' })
  const begun = performance.now()
  for (const text of ['one ', 'two ', 'three']) client.socket.write(text)
  await server.received('one two three')
  expect(performance.now() - begun).toBeGreaterThanOrEqual(60)
  expect(proxy.counts.hits.latency).toBeGreaterThan(0)
})

test('holds a sender down to the bandwidth, with bounded memory', async () => {
  const { proxy, client, server } = await opened()
  proxy.apply({ kind: 'bandwidth', bytesPerSecond: 100_000, direction: 'toServer' })
  const sent = Buffer.alloc(64 * 1024 * 1024)
  client.socket.write(sent)
  await expect.poll(() => server.bytes).toBeGreaterThan(10_000)
  // What the proxy has taken in is what it passed on and its bounded store, though the client has far more to send.
  expect(proxy.counts.bytes.toServer - server.bytes).toBeLessThan(1024 * 1024)
  expect(proxy.counts.hits.bandwidth).toBeGreaterThan(0)
  await proxy.heal()
  await expect.poll(() => server.bytes, { timeout: 20_000 }).toBe(sent.length)
})

test('tears what is sent at once into pieces', async () => {
  const { proxy, client, server } = await opened()
  proxy.apply({ kind: 'torn', pieceBytes: 1 })
  client.socket.write('a frame of some bytes')
  await server.received('a frame of some bytes')
  expect(server.pieces).toBeGreaterThan(3)
  expect(proxy.counts.hits.torn).toBe(1)
})

test('holds everything back until it is healed, of new connections too, and loses nothing', async () => {
  const { proxy, client, server, next } = await opened()
  proxy.apply({ kind: 'stall' })
  client.socket.write('held ')
  client.socket.end('back')
  const late = await next()
  late.client.socket.write('late')
  await expect.poll(() => proxy.counts.hits.stall).toBeGreaterThanOrEqual(2)
  expect(server.bytes).toBe(0)
  await proxy.heal()
  await server.received('held back')
  await server.ended
  await late.server.received('late')
})

test.each(['toServer', 'toClient'] as const)('resets one end %s, while the other hears nothing', async direction => {
  const { proxy, client, server } = await opened()
  const [hurt, spared] = direction === 'toClient' ? [client, server] : [server, client]
  proxy.apply({ kind: 'reset', direction })
  expect(await hurt.closed).toBe('ECONNRESET')
  spared.socket.write('anybody there?')
  await expect.poll(() => proxy.counts.bytes).toMatchObject({ [direction]: 14 })
  expect(spared.socket.destroyed).toBe(false)
  expect(spared.hasEnded).toBe(false)
  // A peer that is back knows nothing of the connection.
  await proxy.heal()
  expect(await spared.closed).toBe('ECONNRESET')
  expect(proxy.counts.hits.reset).toBe(1)
})

test('says goodbye to one end, and nothing passes any more', async () => {
  const { proxy, client, server } = await opened()
  proxy.apply({ kind: 'slow-close', direction: 'toClient' })
  await client.ended
  client.socket.write('wait')
  server.socket.write('an answer')
  await expect.poll(() => proxy.counts.lostBytes).toEqual({ toServer: 4, toClient: 9 })
  expect(server.hasEnded).toBe(false)
})

test('lets the bytes of one direction vanish without a word, and those of the other pass', async () => {
  const { proxy, client, server, next } = await opened()
  proxy.apply({ kind: 'half-open', direction: 'toServer' })
  server.socket.write('still heard')
  await client.received('still heard')
  client.socket.end('lost')
  await expect.poll(() => proxy.counts.lostBytes.toServer).toBe(4)
  expect(server.hasEnded).toBe(false)
  const sound = await next()
  sound.client.socket.write('a new connection is sound')
  await sound.server.received('a new connection is sound')
})

test('refuses new connections while those that are open go on', async () => {
  const { proxy, client, server, next } = await opened()
  proxy.apply({ kind: 'refuse' })
  const refused = connect(proxy.port, proxy.host)
  const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNREFUSED')
  client.socket.write('still here')
  await server.received('still here')
  await proxy.heal()
  await next()
})

test.each<[string, NetworkFault, string]>([
  ['before a text that arrives in pieces', { kind: 'half-open', direction: 'toServer' }, 'BEGIN; COM'],
  ['before a text, in the other direction', { kind: 'half-open', direction: 'toClient' }, 'BEGIN; COMMIT; more'],
  ['before a text, by a reset of the client alone', { kind: 'reset', direction: 'toClient' }, 'BEGIN; COMMIT; more'],
])('waits for its moment: %s', async (_, fault, arrives) => {
  const { proxy, client, server } = await opened()
  const happened = proxy.applyWhen({ direction: 'toServer', sees: 'COMMIT' }, fault)
  client.socket.write('BEGIN; COM')
  await server.received('BEGIN; COM')
  client.socket.write('MIT; more')
  await happened
  await server.received(arrives)
  client.socket.write('the fault happens once')
})

test('waits for a number of bytes', async () => {
  const { proxy, client, server } = await opened()
  const happened = proxy.applyWhen({ direction: 'toServer', bytes: 5 }, { kind: 'reset' })
  client.socket.write('12345')
  await server.received('12345')
  client.socket.write('6')
  await happened
  expect(await server.closed).toBe('ECONNRESET')
  expect(server.bytes).toBe(5)
})

test('resets clients while it knows no server, or the server is down', async () => {
  const proxy = await networkProxy()
  onTestFinished(() => proxy.close())
  for (const target of [undefined, '127.0.0.1:1']) {
    proxy.target = target
    expect(await new End(connect(proxy.port, proxy.host)).closed).toBe('ECONNRESET')
  }
})

test('deals every kind of fault to every network in every direction, and the same ones for the same seed', () => {
  const dealt = dealNetworkFaults({ count: 28, networks: 2, seed: 7 })
  const places = dealt.map(
    ({ network, fault }) => `${fault.kind} ${network} ${'direction' in fault && fault.direction}`,
  )
  expect(new Set(places).size).toBe(28)
  expect(dealNetworkFaults({ count: 28, networks: 2, seed: 7 })).toEqual(dealt)
  expect(dealNetworkFaults({ count: 28, networks: 2, seed: 8 })).not.toEqual(dealt)
})

/** One end of a connection and what it heard. */
class End {
  readonly socket: Socket
  readonly ended: Promise<unknown>
  readonly closed: Promise<string | undefined>
  hasEnded = false
  pieces = 0
  #text = ''

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', bytes => {
      this.pieces++
      this.#text += bytes.toString('latin1')
    })
    this.ended = once(socket, 'end').then(
      () => {
        this.hasEnded = true
      },
      () => undefined,
    )
    this.closed = new Promise(resolve => {
      let code: string | undefined
      socket.on('error', (error: NodeJS.ErrnoException) => {
        code = error.code
      })
      socket.on('close', () => resolve(code))
    })
  }

  get bytes(): number {
    return this.#text.length
  }

  async received(text: string): Promise<void> {
    await expect.poll(() => this.#text).toBe(text)
  }
}

/** A server, a proxy before it, and both ends of a connection; `next` makes another. */
async function opened() {
  const accepted: Socket[] = []
  const listener = createServer({ allowHalfOpen: true }, socket => accepted.push(socket)).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const proxy: NetworkProxy = await networkProxy({ target: `127.0.0.1:${port}` })
  onTestFinished(async () => {
    await proxy.close()
    for (const socket of accepted) socket.destroy()
    listener.close()
  })
  let made = 0
  const next = async () => {
    const client = new End(connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true }))
    const index = made++
    await expect.poll(() => accepted[index]).toBeDefined()
    return { client, server: new End(accepted[index]!) }
  }
  return { proxy, next, ...(await next()) }
}
