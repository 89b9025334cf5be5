import type { Socket } from 'node:net'
import type { Random } from '../simulation/random.ts'
import { SOUND } from './link-conditions.ts'
import type { CountedNetwork } from './network-counts.ts'
import { type Direction, directionsOf, type NetworkFault } from './network-fault.ts'
import { NetworkLink } from './network-link.ts'

export interface ConnectionOptions {
  readonly client: Socket
  readonly server: Socket
  readonly counts: CountedNetwork
  readonly random: Random
  /** Called with everything that comes in, before it goes on; `pass` hands it on. */
  readonly onBytes: (connection: ProxiedConnection, direction: Direction, bytes: Buffer) => void
}

/** A connection of a client to the proxy, the one of the proxy to the server that belongs to it, and the two directions between. */
export class ProxiedConnection {
  readonly links: Readonly<Record<Direction, NetworkLink>>
  readonly #client: Socket
  readonly #server: Socket
  readonly #counts: CountedNetwork
  /** Whether the ends no longer hear of each other. */
  #isSevered = false

  constructor({ client, server, counts, random, onBytes }: ConnectionOptions) {
    this.#client = client
    this.#server = server
    this.#counts = counts
    this.links = {
      toServer: new NetworkLink({ direction: 'toServer', source: client, sink: server, counts, random }),
      toClient: new NetworkLink({ direction: 'toClient', source: server, sink: client, counts, random }),
    }
    for (const [socket, direction] of [
      [client, 'toServer'],
      [server, 'toClient'],
    ] as const) {
      socket.setNoDelay(true)
      let isBroken = false
      socket.on('error', () => {
        isBroken = true
      })
      socket.on('data', bytes => {
        counts.bytes[direction] += bytes.length
        onBytes(this, direction, bytes)
      })
      socket.on('close', () => {
        if (isBroken && !this.#isSevered) this.links[direction].sayGoodbye('RST')
      })
    }
  }

  get isOver(): boolean {
    return this.#client.destroyed && this.#server.destroyed
  }

  pass(direction: Direction, bytes: Buffer): void {
    this.links[direction].take(bytes)
  }

  /** Lets a fault of connections happen to this one; others are no business of a single connection. */
  suffer(fault: NetworkFault): void {
    if (fault.kind !== 'reset' && fault.kind !== 'slow-close' && fault.kind !== 'half-open') return
    const directions = directionsOf(fault)
    if (fault.kind === 'half-open') {
      for (const direction of directions) this.links[direction].die()
      return
    }
    this.#counts.hits[fault.kind]++
    this.#isSevered = true
    for (const direction of directions) {
      const receiver = direction === 'toClient' ? this.#client : this.#server
      this.links[direction].die()
      if (fault.kind === 'reset') receiver.resetAndDestroy()
      else receiver.end()
    }
    if (fault.kind === 'slow-close') for (const link of Object.values(this.links)) link.die()
  }

  /** Lets bytes flow again, and ends what only one end still holds: its peer is back and knows nothing of the connection. */
  heal(): void {
    for (const link of Object.values(this.links)) link.conditions = SOUND
    if (!this.#isSevered && !Object.values(this.links).some(link => link.isCut)) return
    if (hasGivenUp(this.#client)) this.#server.resetAndDestroy()
    if (hasGivenUp(this.#server)) this.#client.resetAndDestroy()
  }

  destroy(): void {
    this.#client.destroy()
    this.#server.destroy()
  }
}

/** Its end is closed, though nobody may have told the other one. */
function hasGivenUp(socket: Socket): boolean {
  return socket.destroyed || socket.readableEnded
}
