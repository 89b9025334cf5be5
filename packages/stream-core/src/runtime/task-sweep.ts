import type { OperatorState } from '../checkpoint/snapshot-format.ts'
import type { Operator, StateSweep } from '../operators/operator.ts'
import { StateWriter } from '../state/state-writer.ts'

export interface SweepLimits {
  /** About how large a piece is. */
  readonly pieceBytes: number
  /** Entries in the first piece, before it is known how large they are. */
  readonly firstEntries: number
}

/** A sweep over the state of all operators of a task. Those that cannot be swept are written as a whole when it begins. */
export class TaskSweep {
  /** Written so far. */
  bytes = 0
  readonly #left: { readonly operator: string; readonly sweep: StateSweep }[] = []
  /** Entries that make a piece of about the right size. */
  #most: number
  readonly #pieceBytes: number
  #pieces: OperatorState[] = []

  constructor(operators: ReadonlyMap<string, Operator<unknown>>, { firstEntries, pieceBytes }: SweepLimits) {
    this.#most = firstEntries
    this.#pieceBytes = pieceBytes
    for (const [name, operator] of operators) {
      const sweep = operator.sweep?.()
      if (sweep !== undefined) {
        this.#left.push({ operator: name, sweep })
        continue
      }
      const state = new StateWriter()
      operator.snapshot!(state, 'all')
      this.#add(name, state)
    }
  }

  get isDone(): boolean {
    return this.#left.length === 0
  }

  /** Writes about so many bytes further. */
  write(bytes: number): void {
    const until = this.bytes + bytes
    while (this.bytes < until && this.#left.length > 0) {
      const { operator, sweep } = this.#left[0]!
      const state = new StateWriter(this.#pieceBytes + this.#pieceBytes / 4)
      if (sweep.next(state, this.#most)) this.#add(operator, state)
      else this.#left.shift()
    }
  }

  /** The pieces since the last call. */
  take(): readonly OperatorState[] {
    const pieces = this.#pieces
    this.#pieces = []
    return pieces
  }

  #add(operator: string, state: StateWriter): void {
    const { length } = state
    this.#pieces.push({ operator, bytes: state.take(), isSwept: true })
    this.bytes += length
    this.#most = Math.min(MOST_ENTRIES, Math.max(1, Math.round((this.#most * this.#pieceBytes) / (length + 1))))
  }
}

const MOST_ENTRIES = 1024
