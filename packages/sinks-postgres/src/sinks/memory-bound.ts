/** Counts the bytes that a sink holds and makes the job wait while they are too many. */
export class MemoryBound {
  readonly #maxBytes: number
  #sealedBytes = 0
  #waiter: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes that were sealed go on counting until `release`. */
  seal(bytes: number): void {
    this.#sealedBytes += bytes
  }

  release(bytes: number): void {
    this.#sealedBytes -= bytes
    if (this.#sealedBytes < this.#maxBytes) this.close()
  }

  /** Lets go whoever waits; nothing is released any more when a job has failed. */
  close(): void {
    this.#waiter?.resolve()
    this.#waiter = undefined
  }

  /** Undefined while there is room; else resolves when a sealed part has been written. */
  ready(openBytes: number): Promise<void> | undefined {
    if (openBytes + this.#sealedBytes < this.#maxBytes) return undefined
    if (this.#waiter === undefined) {
      let resolve = () => {}
      const promise = new Promise<void>(settle => {
        resolve = settle
      })
      this.#waiter = { promise, resolve }
    }
    return this.#waiter.promise
  }
}
