import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Random } from '../simulation/random.ts'
import { type LinkConditions, SOUND, worsened } from './link-conditions.ts'
import { CountedNetwork, type NetworkCounts } from './network-counts.ts'
import { type Direction, directionsOf, type NetworkFault, type NetworkMoment } from './network-fault.ts'
import { PendingFault } from './pending-fault.ts'
import { ProxiedConnection } from './proxied-connection.ts'

export interface NetworkProxyOptions {
  /** `host:port` of the server; can be set later, for a server that must know the proxy's address first. */
  readonly target?: string
  /** Where to listen, on 127.0.0.1. Default: any free port. */
  readonly port?: number
  /** For jitter. Default 1. */
  readonly seed?: number
}

/** A way to a server that can be hurt while it is in use. */
export interface NetworkProxy {
  readonly host: string
  readonly port: number
  /** `host:port`, for clients. */
  readonly address: string
  /** `host:port` of the server; connections that are open keep theirs. Without one, new connections are reset. */
  target: string | undefined
  readonly counts: NetworkCounts
  /** Connections of which at least one end is open. */
  readonly openConnections: number
  /** The same URL with this proxy's host and port. */
  through(url: string): string
  /** Lets faults happen now. */
  apply(...faults: readonly NetworkFault[]): void
  /**
   * Lets faults happen at a moment in the bytes, once: those of connections to the connection that the moment is of, with the bytes before it passed on
   * and those behind it not (in a direction that the faults leave alone, all pass). Resolves when it has happened.
   */
  applyWhen(moment: NetworkMoment, ...faults: readonly NetworkFault[]): Promise<void>
  /**
   * Ends what `apply` did to the network, and calls off what has not happened. Connections that lost bytes stay lost; one that only one end still holds
   * is reset.
   */
  heal(): Promise<void>
  /** Ends all connections and stops listening. */
  close(): Promise<void>
}

/** Starts a proxy on loopback between clients and a server, over TCP and whatever protocol. Bytes under way are bounded: 256 KiB per direction. */
export async function networkProxy(options: NetworkProxyOptions = {}): Promise<NetworkProxy> {
  const proxy = new LoopbackProxy(options)
  await proxy.listen(options.port ?? 0)
  return proxy
}

const HOST = '127.0.0.1'

class LoopbackProxy implements NetworkProxy {
  readonly host = HOST
  port = 0
  target: string | undefined
  readonly counts = new CountedNetwork()
  readonly #random: Random
  readonly #connections = new Set<ProxiedConnection>()
  readonly #conditions: Record<Direction, LinkConditions> = { toServer: SOUND, toClient: SOUND }
  #pending: PendingFault[] = []
  #listener: Server | undefined

  constructor({ target, seed = 1 }: NetworkProxyOptions) {
    this.target = target
    this.#random = new Random(seed, 'network')
  }

  get address(): string {
    return `${this.host}:${this.port}`
  }

  get openConnections(): number {
    return this.#connections.size
  }

  async listen(port: number): Promise<void> {
    const listener = createServer({ allowHalfOpen: true }, client => this.#accept(client))
    this.#listener = listener
    listener.listen(port, HOST)
    await once(listener, 'listening')
    const address = listener.address()
    if (address !== null && typeof address === 'object') this.port = address.port
  }

  through(url: string): string {
    const address = new URL(url)
    address.hostname = this.host
    address.port = String(this.port)
    return address.href
  }

  apply(...faults: readonly NetworkFault[]): void {
    for (const fault of faults) {
      this.#worsen(fault)
      for (const connection of this.#connections) connection.suffer(fault)
    }
  }

  applyWhen(moment: NetworkMoment, ...faults: readonly NetworkFault[]): Promise<void> {
    const pending = new PendingFault(moment, faults)
    this.#pending.push(pending)
    return pending.happened
  }

  async heal(): Promise<void> {
    this.#pending = []
    for (const direction of ['toServer', 'toClient'] as const) this.#conditions[direction] = SOUND
    for (const connection of this.#connections) connection.heal()
    if (this.#listener === undefined) await this.listen(this.port)
  }

  async close(): Promise<void> {
    const listener = this.#listener
    this.#listener = undefined
    for (const connection of this.#connections) connection.destroy()
    if (listener === undefined) return
    const closed = once(listener, 'close')
    listener.close()
    await closed
  }

  /** Changes the state of the network, where the fault is one of it. */
  #worsen(fault: NetworkFault): void {
    if (fault.kind === 'refuse') {
      this.#listener?.close()
      this.#listener = undefined
      return
    }
    for (const direction of directionsOf(fault)) {
      const conditions = worsened(this.#conditions[direction], fault)
      if (conditions === undefined) return
      this.#conditions[direction] = conditions
      for (const connection of this.#connections) connection.links[direction].conditions = conditions
    }
  }

  #accept(client: Socket): void {
    if (this.target === undefined) {
      client.resetAndDestroy()
      return
    }
    const separator = this.target.lastIndexOf(':')
    const host = this.target.slice(0, separator)
    const server = connect({ host, port: Number(this.target.slice(separator + 1)), allowHalfOpen: true })
    this.counts.connections++
    const connection = new ProxiedConnection({
      client,
      server,
      counts: this.counts,
      random: this.#random,
      onBytes: (from, direction, bytes) => this.#take(from, direction, bytes),
    })
    for (const direction of ['toServer', 'toClient'] as const)
      connection.links[direction].conditions = this.#conditions[direction]
    this.#connections.add(connection)
    for (const socket of [client, server])
      socket.on('close', () => {
        if (connection.isOver) this.#connections.delete(connection)
      })
  }

  #take(connection: ProxiedConnection, direction: Direction, bytes: Buffer): void {
    let rest = bytes
    for (const pending of [...this.#pending]) {
      if (pending.direction !== direction) continue
      const at = pending.find(connection, rest)
      if (at === undefined) continue
      this.#pending = this.#pending.filter(other => other !== pending)
      connection.pass(direction, rest.subarray(0, at))
      rest = rest.subarray(at)
      for (const fault of pending.faults) {
        this.#worsen(fault)
        connection.suffer(fault)
      }
      pending.happen()
    }
    connection.pass(direction, rest)
  }
}
