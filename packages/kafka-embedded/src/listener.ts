import { createServer, type Server, type Socket } from 'node:net'
import { BrokerError } from './broker-error.ts'
import { Connection, type FrameHandler } from './connection/connection.ts'

/** Listens on one address, can stop listening and begin again, and knows all connections. */
export class Listener {
  readonly #host: string
  readonly #handle: FrameHandler
  readonly #onError: (error: unknown) => void
  readonly #connections = new Set<Connection>()
  #port: number
  #server: Server | undefined

  constructor(host: string, port: number, handle: FrameHandler, onError: (error: unknown) => void) {
    this.#host = host
    this.#port = port
    this.#handle = handle
    this.#onError = onError
  }

  /** The port that was asked for, or the one that was found once it listens. */
  get port(): number {
    return this.#port
  }

  async listen(): Promise<void> {
    if (this.#server !== undefined) return
    const server = createServer(socket => this.#accept(socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', cause => reject(this.#cannotListen(cause)))
      server.listen(this.#port, this.#host, resolve)
    })
    server.on('error', this.#onError)
    const address = server.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
    this.#server = server
  }

  /** Refuses new connections; those that exist go on. */
  stopListening(): void {
    this.#server?.close()
    this.#server = undefined
  }

  /** Ends all connections and returns how many there were. */
  dropConnections(): number {
    const count = this.#connections.size
    for (const connection of this.#connections) connection.drop()
    return count
  }

  /** Stops listening, ends all connections and waits until they are closed. */
  async close(): Promise<void> {
    this.stopListening()
    const closed = [...this.#connections].map(
      connection => new Promise<void>(resolve => void connection.onClose(resolve)),
    )
    this.dropConnections()
    await Promise.all(closed)
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.#handle, this.#onError)
    this.#connections.add(connection)
    connection.onClose(() => this.#connections.delete(connection))
  }

  #cannotListen(cause: Error): BrokerError {
    const where = `${this.#host}:${this.#port}`
    const message = `The broker cannot listen on ${where} (${cause.message}). Choose another port, or 0 for any free one.`
    return new BrokerError('BROKER_ADDRESS_IN_USE', message, { cause })
  }
}
