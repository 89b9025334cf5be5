import type { Direction, NetworkFault, NetworkMoment } from './network-fault.ts'

/** Faults that wait for their moment in the bytes of one direction. */
export class PendingFault {
  readonly faults: readonly NetworkFault[]
  readonly direction: Direction
  /** Resolves when the moment has come. */
  readonly happened: Promise<void>
  #happen = (): void => undefined
  readonly #pattern: Buffer | undefined
  /** What came last on each connection: a text may arrive in several pieces. */
  readonly #tails = new WeakMap<object, Buffer>()
  #bytesLeft: number

  constructor({ direction, sees, bytes }: NetworkMoment, faults: readonly NetworkFault[]) {
    if ((sees === undefined) === (bytes === undefined))
      throw new Error('a moment is either `sees`, a text in the bytes, or `bytes`, a number of them.')
    this.faults = faults
    this.direction = direction
    this.#pattern = sees === undefined ? undefined : Buffer.from(sees)
    this.#bytesLeft = bytes ?? 0
    this.happened = new Promise(resolve => {
      this.#happen = resolve
    })
  }

  /** Index of the first byte that comes too late to pass; undefined when the moment has not come. */
  find(connection: object, bytes: Buffer): number | undefined {
    if (this.#pattern === undefined) {
      if (bytes.length <= this.#bytesLeft) {
        this.#bytesLeft -= bytes.length
        return undefined
      }
      return this.#bytesLeft
    }
    const tail = this.#tails.get(connection) ?? NO_BYTES
    const looked = tail.length === 0 ? bytes : Buffer.concat([tail, bytes])
    const at = looked.indexOf(this.#pattern)
    if (at >= 0) return Math.max(0, at - tail.length)
    const kept = Math.min(looked.length, this.#pattern.length - 1)
    this.#tails.set(connection, Buffer.from(looked.subarray(looked.length - kept)))
    return undefined
  }

  happen(): void {
    this.#happen()
  }
}

const NO_BYTES = Buffer.alloc(0)
