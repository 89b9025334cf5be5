import { StreamError } from '@rtp/stream-core/extend'
import type { ResolvedOptions } from '../options.ts'
import type { PostgresConnection } from './client.ts'
import { connect } from './connect.ts'

/** Keeps one connection for one user after the other, and makes a new one when it is gone. */
export class ConnectionKeeper {
  readonly #options: ResolvedOptions
  readonly #signal: AbortSignal | undefined
  #connection: PostgresConnection | undefined
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: ResolvedOptions, signal?: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** Runs `work` on a connection that answered not long ago, after the work before it has ended. */
  use<R>(work: (connection: PostgresConnection) => Promise<R>): Promise<R> {
    const result = this.#last.then(async () => work(await this.#living()))
    this.#last = result.catch(() => undefined)
    return result
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#last
    await this.#connection?.close()
    this.#connection = undefined
  }

  async #living(): Promise<PostgresConnection> {
    if (this.#isClosed) throw new StreamError('ABORTED', 'the connection to PostgreSQL has been closed.')
    const kept = this.#connection
    if (kept?.isOpen && (kept.idleMs < PROBE_AFTER_MS || (await kept.answers(this.#options.connectTimeoutMs))))
      return kept
    kept?.destroy()
    this.#connection = undefined
    this.#connection = await connect(this.#options, {
      timeoutMs: this.#options.reconnectTimeoutMs,
      signal: this.#signal,
    })
    return this.#connection
  }
}

/** A quiet connection may have been cut without a word; a part that is sent over it would be lost, where a probe costs nothing. */
const PROBE_AFTER_MS = 3_000
