import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { BrokerError } from '../broker-error.ts'

export interface TopicEntry {
  readonly kind: 'topic'
  readonly id: number
  /** 32 hexadecimal digits that clients see; journals of earlier versions have none. */
  readonly uuid?: string
  readonly name: string
  readonly partitions: number
  readonly config: [string, string][]
}

export interface OffsetEntry {
  readonly kind: 'offset'
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly metadata: string | null
  /** Set while the offset waits for the end of this producer's transaction. */
  readonly pendingProducerId?: number
}

export interface TransactionEntry {
  readonly kind: 'transaction'
  readonly id: string
  readonly producerId: number
  readonly epoch: number
  readonly timeoutMs: number
  readonly state: 'Empty' | 'Ongoing' | 'PrepareCommit' | 'PrepareAbort' | 'CompleteCommit' | 'CompleteAbort'
  readonly partitions: [topic: string, partition: number][]
  readonly groups: string[]
}

/** Everything that must be known again after a restart and is not in the logs of the partitions. */
export type JournalEntry =
  | TopicEntry
  | { readonly kind: 'topicDeleted'; readonly name: string }
  | { readonly kind: 'logStart'; readonly topic: string; readonly partition: number; readonly offset: number }
  | OffsetEntry
  | {
      readonly kind: 'pendingOffsetsEnded'
      readonly group: string
      readonly producerId: number
      readonly commit: boolean
    }
  | { readonly kind: 'groupDeleted'; readonly group: string }
  | TransactionEntry
  | { readonly kind: 'nextProducerId'; readonly producerId: number }

const COMPACT_AT_BYTES = 8 * 1024 * 1024

/**
 * An append-only file of JSON lines, written anew as a snapshot when it grows.
 *
 * A last line that a crash cut off is dropped: whoever wrote it was not answered.
 */
export class Journal {
  readonly #path: string
  readonly #fsync: boolean
  readonly #snapshot: () => Iterable<JournalEntry>
  #fd: number | undefined
  #bytes = 0
  #compactAtBytes = COMPACT_AT_BYTES

  constructor(path: string, fsync: boolean, snapshot: () => Iterable<JournalEntry>) {
    this.#path = path
    this.#fsync = fsync
    this.#snapshot = snapshot
  }

  /** The entries of the file, if there is one. */
  load(): JournalEntry[] {
    if (!existsSync(this.#path)) return []
    const lines = readFileSync(this.#path, 'utf8').split('\n')
    lines.pop()
    return lines.map((line, index) => {
      try {
        return JSON.parse(line) as JournalEntry
      } catch (cause) {
        const place = `${this.#path}, line ${index + 1}`
        throw new BrokerError('BROKER_DATA_DIR_INVALID', `${place} is damaged. Restore the folder or delete it.`, {
          cause,
        })
      }
    })
  }

  /** Writes a snapshot of the present state and goes on behind it. Call it once the state is loaded. */
  open(): void {
    const temporary = `${this.#path}.new`
    const lines = [...this.#snapshot()].map(entry => `${JSON.stringify(entry)}\n`)
    writeFileSync(temporary, lines.join(''), { flush: this.#fsync })
    this.close()
    renameSync(temporary, this.#path)
    this.#fd = openSync(this.#path, 'a')
    this.#bytes = lines.reduce((sum, line) => sum + line.length, 0)
    this.#compactAtBytes = Math.max(COMPACT_AT_BYTES, this.#bytes * 2)
  }

  append(...entries: JournalEntry[]): void {
    if (this.#fd === undefined || entries.length === 0) return
    const text = entries.map(entry => `${JSON.stringify(entry)}\n`).join('')
    writeSync(this.#fd, text)
    if (this.#fsync) fdatasyncSync(this.#fd)
    this.#bytes += text.length
    if (this.#bytes > this.#compactAtBytes) this.open()
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}

/** What the state writes its changes to: a {@link Journal}, or nothing where the folder is a temporary one. */
export interface ChangeLog {
  append(...entries: JournalEntry[]): void
}

export const noChangeLog: ChangeLog = { append: () => {} }
