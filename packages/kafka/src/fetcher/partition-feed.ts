import type { FetchedChunk } from './fetched-chunk.ts'

export interface PartitionFeedOptions {
  readonly partition: number
  readonly offset: number
  /** Offset at which the reader stops: nothing is fetched from there on. +Infinity: never. */
  readonly until: number
  readonly fetchBytes: number
  readonly bufferBytes: number
  /** Called when a full feed takes more again. */
  readonly onRoom: () => void
}

/** One partition of a fetcher: what was fetched ahead of its reader, within a bound. */
export class PartitionFeed {
  readonly partition: number
  /** Where the next fetch goes on; ahead of what `take` returned. */
  fetchOffset: number
  /** Bytes that one fetch may bring; raised where a batch is larger. */
  fetchBytes: number
  /** End of the partition for this reader, as last heard; undefined before the first answer. */
  endOffset: number | undefined
  readonly #until: number
  readonly #bufferBytes: number
  readonly #onRoom: () => void
  readonly #chunks: FetchedChunk[] = []
  #buffered = 0
  #failure: Error | undefined
  #isClosed = false
  #isHeld = false
  #waiting: { resolve: (chunk: FetchedChunk | undefined) => void; reject: (cause: Error) => void } | undefined

  constructor({ partition, offset, until, fetchBytes, bufferBytes, onRoom }: PartitionFeedOptions) {
    this.partition = partition
    this.fetchOffset = offset
    this.fetchBytes = fetchBytes
    this.#until = until
    this.#bufferBytes = bufferBytes
    this.#onRoom = onRoom
  }

  /** True while it takes more; a full feed is left out of fetches, the others go on. */
  get hasRoom(): boolean {
    return this.#buffered < this.#bufferBytes && !this.#isHeld
  }

  /** True when nothing more is to be fetched for it. */
  get isDone(): boolean {
    return this.#isClosed || this.#failure !== undefined || this.fetchOffset >= this.#until
  }

  /** The next chunk; waits for one. Undefined once closed. Throws what stopped the feed, after everything fetched before was taken. */
  take(): Promise<FetchedChunk | undefined> {
    const chunk = this.#chunks.shift()
    if (chunk) {
      const wasFull = !this.hasRoom
      this.#buffered -= chunk.bytes.length
      if (wasFull && this.hasRoom) this.#onRoom()
      return Promise.resolve(chunk)
    }
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#isClosed) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** Takes what a fetch brought. */
  add(chunk: FetchedChunk): void {
    if (this.#isClosed) return
    this.fetchOffset = chunk.next
    const waiting = this.#waiting
    if (waiting) {
      this.#waiting = undefined
      waiting.resolve(chunk)
      return
    }
    this.#chunks.push(chunk)
    this.#buffered += chunk.bytes.length
  }

  /** Asks for nothing more, while it is found out why the feed fails. */
  hold(): void {
    this.#isHeld = true
  }

  fail(cause: Error): void {
    if (this.#isClosed || this.#failure) return
    this.#failure = cause
    this.#waiting?.reject(cause)
    this.#waiting = undefined
  }

  close(): void {
    this.#isClosed = true
    this.#chunks.length = 0
    this.#buffered = 0
    this.#waiting?.resolve(undefined)
    this.#waiting = undefined
  }
}
