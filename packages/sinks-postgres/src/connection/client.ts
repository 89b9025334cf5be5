import type { Socket } from 'node:net'
import { type CrashPoint, messageOf, reachPoint, StreamError } from '@rtp/stream-core/extend'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { PostgresFailure, postgresError } from '../errors.ts'
import type { ResolvedOptions } from '../options.ts'
import { type Statement, StatementBatch, type StatementResult } from './statement-batch.ts'

/**
 * One connection to PostgreSQL: the only place that touches pg and pg-copy-streams. Used by one caller at a time.
 *
 * Every error is a StreamError; after one of the connection itself, `isOpen` is false and stays so.
 */
export class PostgresConnection {
  readonly #client: pg.Client
  readonly #target: string
  readonly #answerTimeoutMs: number
  /** As in server_version_num, e.g. 18; 0 where the server does not say. */
  readonly majorVersion: number
  #isOpen = true
  #lastUsedAt = performance.now()

  /** Settings that the server reports, at the start and whenever they change. */
  readonly #reported: ReadonlyMap<string, string>

  private constructor(
    client: pg.Client,
    target: string,
    options: ResolvedOptions,
    reported: ReadonlyMap<string, string>,
  ) {
    this.#client = client
    this.#target = target
    this.#answerTimeoutMs = options.answerTimeoutMs
    this.#reported = reported
    this.majorVersion = Number.parseInt(reported.get('server_version') ?? '', 10) || 0
    // Before the queries that the error fails hear of it, so that whoever tries again does so on another connection.
    for (const event of ['error', 'end'] as const)
      client.on(event, () => {
        this.#isOpen = false
      })
  }

  static async open(options: ResolvedOptions): Promise<PostgresConnection> {
    const client = newClient(options)
    const target = targetOf(client)
    // Without a listener, a connection that breaks while idle would end the process.
    client.on('error', () => undefined)
    const reported = new Map<string, string>()
    client.connection.on('parameterStatus', (status: { parameterName: string; parameterValue: string }) => {
      reported.set(status.parameterName, status.parameterValue)
    })
    try {
      await client.connect()
    } catch (cause) {
      client.connection.stream.destroy()
      throw postgresError(cause, 'connecting to PostgreSQL', target)
    }
    return new PostgresConnection(client, target, options, reported)
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get idleMs(): number {
    return performance.now() - this.#lastUsedAt
  }

  /**
   * Runs statements in one round trip; the rest is skipped after one that fails. Outside a transaction they are one of their own. `sent` is reached when
   * all of them have been sent.
   */
  async batch(statements: readonly Statement[], doing: string, sent?: CrashPoint): Promise<StatementResult[]> {
    const batch = new StatementBatch(statements, sent)
    this.#client.query(batch)
    try {
      return await this.#guard(batch.done, () => batch.current?.doing ?? doing)
    } catch (cause) {
      throw recoded(cause, batch.current)
    }
  }

  /** Runs SQL without parameters, several statements if need be, in one round trip. */
  async run(sql: string, doing: string): Promise<void> {
    await this.#guard(this.#client.query(sql), () => doing)
  }

  /** True when the server answers within the time; a connection without an answer is cut. */
  async answers(withinMs: number): Promise<boolean> {
    try {
      const timeoutMs = Math.min(withinMs, this.#answerTimeoutMs)
      await this.#guard(this.#client.query('SELECT'), () => 'probing the connection', { timeoutMs })
      return true
    } catch {
      return false
    }
  }

  /** Runs `sql`, which ends in a COPY FROM STDIN, and sends it the buffers. Resolves when the server has taken all rows. */
  async copy(sql: string, buffers: readonly Buffer[], doing: string): Promise<void> {
    const stream = this.#client.query(copyFrom(sql))
    const progress = new Progress()
    const copied = new Promise<void>((resolve, reject) => {
      let isFailed = false
      stream.once('error', cause => {
        isFailed = true
        reject(cause)
      })
      stream.once('finish', resolve)
      // One buffer at a time, each after the socket has taken the last: that is the back-pressure. After an error nothing may be written,
      // because the stream then has no connection any more.
      const next = (at: number): void => {
        progress.made()
        if (isFailed) return
        const buffer = buffers[at]
        if (buffer === undefined) stream.end()
        else
          stream.write(buffer, () => {
            if (at === 0) reachPoint('copy-begun')
            next(at + 1)
          })
      }
      next(0)
    })
    await this.#guard(copied, () => doing, { progress })
    reachPoint('rows-copied')
  }

  /** Says goodbye; a connection that does not answer is cut. */
  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    const timer = setTimeout(() => this.#client.connection.stream.destroy(), CLOSE_TIMEOUT_MS)
    try {
      await this.#client.end()
    } finally {
      clearTimeout(timer)
    }
  }

  /** Cuts the connection at once; the server rolls an open transaction back. */
  destroy(): void {
    this.#isOpen = false
    this.#client.connection.stream.destroy()
  }

  /** Waits for an answer; a server that makes no progress for too long may be gone without a word, so the connection is cut. */
  async #guard<R>(
    answer: Promise<R>,
    doing: () => string,
    { progress = new Progress(), timeoutMs = this.#answerTimeoutMs } = {},
  ): Promise<R> {
    let isSilent = false
    const stream = this.#client.connection.stream as Socket
    let { bytesRead } = stream
    const timer = setInterval(() => {
      // An answer may be large, and the network slow.
      if (stream.bytesRead > bytesRead) progress.made()
      bytesRead = stream.bytesRead
      if (performance.now() - progress.at < timeoutMs) return
      isSilent = true
      this.destroy()
    }, timeoutMs / 4)
    try {
      return await answer
    } catch (cause) {
      const why = isSilent ? new Error(`the server said nothing for ${timeoutMs} ms`, { cause }) : cause
      throw postgresError(why, doing(), this.#target, this.#reported.get('in_hot_standby') === 'on')
    } finally {
      clearInterval(timer)
      this.#lastUsedAt = performance.now()
    }
  }
}

/** `host:port/database` of the options, for messages; never the password. Throws where the address makes no sense. */
export function describeTarget(options: ResolvedOptions): string {
  return targetOf(newClient(options))
}

class Progress {
  at = performance.now()

  made(): void {
    this.at = performance.now()
  }
}

function recoded(cause: unknown, statement: Statement | undefined): unknown {
  if (!(cause instanceof StreamError && cause.cause instanceof PostgresFailure)) return cause
  const { sqlState } = cause.cause
  if (sqlState === DIVISION_BY_ZERO && statement?.refusal !== undefined)
    return new StreamError(statement.refusal.code, statement.refusal.message, { cause: cause.cause, retryable: true })
  const code = statement?.codes?.[sqlState ?? '']
  if (code === undefined) return cause
  return new StreamError(code, cause.message.slice(cause.code.length + 2), { cause: cause.cause })
}

const DIVISION_BY_ZERO = '22012'
const CLOSE_TIMEOUT_MS = 2_000

function newClient(options: ResolvedOptions): pg.Client {
  try {
    const client = new pg.Client({
      connectionString: options.ssl === undefined ? options.url : withoutTls(options.url),
      ssl: options.ssl,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: options.connectTimeoutMs,
      fallback_application_name: options.applicationName,
    })
    // pg lets the address overrule the password given beside it, even when the address holds none.
    if (options.password !== undefined) Object.assign(client, { password: options.password })
    return client
  } catch (cause) {
    // The cause is left out: errors about an address repeat it, with the password.
    throw new StreamError(
      'POSTGRES_OPTIONS_INVALID',
      `the database address cannot be read (${reasonOf(cause)}). Write postgresql://user:password@host:port/database, special characters of the password percent-encoded.`,
    )
  }
}

/** The `ssl` option wins over what the address says; pg does it the other way round. */
function withoutTls(url: string | undefined): string | undefined {
  if (url === undefined) return undefined
  const address = new URL(url)
  for (const name of ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert']) address.searchParams.delete(name)
  return address.href
}

function targetOf(client: pg.Client): string {
  return `${client.host}:${client.port}/${client.database ?? ''}`
}

function reasonOf(cause: unknown): string {
  const message = messageOf(cause)
  return /ENOENT|no such file/i.test(message) ? 'a certificate file that it names is missing' : 'it is no valid URL'
}
