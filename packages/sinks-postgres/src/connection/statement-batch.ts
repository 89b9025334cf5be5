import { type CrashPoint, reachPoint } from '@rtp/stream-core/extend'

/** One statement with its parameters; a Buffer travels in binary form, text in text form. */
export interface Statement {
  readonly text: string
  readonly values?: readonly (string | Buffer | null)[]
  /** What it does, for the message when it fails. */
  readonly doing?: string
  /** Codes that errors of this statement get instead of the usual ones, by SQLSTATE. */
  readonly codes?: { readonly [sqlState: string]: string }
  /** What it means that it divides by zero, which is how plain SQL raises an error; the same work may succeed after a restart. */
  readonly refusal?: { readonly code: string; readonly message: string }
  /** What is reached when it has been written, and those behind it have not. */
  readonly point?: CrashPoint
}

/** What a statement gave back: its command tag and its rows, all values as text. */
export interface StatementResult {
  readonly tag: string
  readonly rows: readonly Row[]
}

export type Row = { readonly [column: string]: string | null }

/**
 * Several statements with parameters in one round trip: they are sent together, and the server skips the rest after one that fails.
 * pg drives it as a query of its own kind (a "submittable", as pg-copy-streams and pg-cursor are).
 */
export class StatementBatch {
  readonly done: Promise<StatementResult[]>
  readonly #statements: readonly Statement[]
  readonly #sent: CrashPoint | undefined
  readonly #results: StatementResult[] = []
  #resolve: (results: StatementResult[]) => void = () => undefined
  #reject: (cause: unknown) => void = () => undefined
  #columns: readonly string[] = []
  #rows: Row[] = []

  /** `sent` is reached when all of it has been handed to the system. */
  constructor(statements: readonly Statement[], sent?: CrashPoint) {
    this.#statements = statements
    this.#sent = sent
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** The statement that the server works on, or refused. */
  get current(): Statement | undefined {
    return this.#statements[this.#results.length]
  }

  submit(wire: Wire): void {
    const { stream } = wire
    const send = (): void => {
      stream.uncork()
      stream.cork()
    }
    // One packet instead of four per statement.
    stream.cork()
    for (const { text, values, point } of this.#statements) {
      wire.parse({ text, name: '', types: [] }, true)
      wire.bind({ values: [...(values ?? [])] }, true)
      wire.describe({ type: 'P' }, true)
      wire.execute({}, true)
      if (point !== undefined) reachPoint(point, send)
    }
    wire.sync()
    const sent = this.#sent
    // Comes when the system has taken everything, before anything of the answer is looked at.
    if (sent !== undefined) stream.write(NOTHING, () => reachPoint(sent))
    stream.uncork()
  }

  handleRowDescription({ fields }: { fields: readonly { name: string }[] }): void {
    this.#columns = fields.map(field => field.name)
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const row: { [column: string]: string | null } = {}
    this.#columns.forEach((column, i) => {
      row[column] = fields[i] ?? null
    })
    this.#rows.push(row)
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#results.push({ tag: text, rows: this.#rows })
    this.#rows = []
    this.#columns = []
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' })
  }

  handleError(cause: unknown): void {
    this.#reject(cause)
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#results)
  }
}

const NOTHING = new Uint8Array(0)

/** The part of pg's Connection that writes messages of the extended query protocol. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void; write(bytes: Uint8Array, onWritten: () => void): unknown }
  parse(query: { text: string; name: string; types: string[] }, more: boolean): void
  bind(config: { values: (string | Buffer | null)[] }, more: boolean): void
  describe(message: { type: string }, more: boolean): void
  execute(config: object, more: boolean): void
  sync(): void
}
