import { encodeSnapshot, operatorStates } from '../checkpoint/snapshot-format.ts'
import { StreamError } from '../errors.ts'
import type { Operator, SnapshotScope } from '../operators/operator.ts'
import { StateReader } from '../state/state-reader.ts'
import { StateWriter } from '../state/state-writer.ts'
import { StateEvolution } from './state-evolution.ts'

/**
 * The state of a task's operators as a chain: one full snapshot, then what changed, checkpoint by checkpoint. When the changes outweigh the
 * full one, a new full one starts the chain anew; so a checkpoint costs what changed, and restoring reads at most about three times the state.
 */
export class SnapshotChain {
  readonly #operators: ReadonlyMap<string, Operator<unknown>>
  readonly #evolution: StateEvolution
  #fullBytes = 0
  /** Infinite before there is a full snapshot. */
  #changeBytes = Number.POSITIVE_INFINITY
  #changes = 0

  constructor(operators: ReadonlyMap<string, Operator<unknown>>, evolution = new StateEvolution()) {
    this.#evolution = evolution
    this.#operators = new Map([...operators].filter(([, operator]) => operator.snapshot !== undefined))
  }

  /** Restores from a stored chain, oldest first; an empty one is a fresh start. */
  restore(snapshots: readonly Uint8Array[]): void {
    if (snapshots.length === 0) return
    let evolved = false
    for (const snapshot of snapshots) evolved = this.#restoreOne(snapshot) || evolved
    this.#fullBytes = snapshots[0]!.length
    this.#changes = snapshots.length - 1
    this.#changeBytes = snapshots.slice(1).reduce((sum, { length }) => sum + length, 0)
    // What was dropped or renamed must leave the chain, so that nobody has to say it again after the next checkpoint.
    if (evolved) this.#changeBytes = Number.POSITIVE_INFINITY
  }

  snapshot(): { readonly bytes: Uint8Array; readonly full: boolean } {
    const full = this.#changeBytes > Math.max(SMALL_CHAIN_BYTES, 2 * this.#fullBytes) || this.#changes >= LONGEST_CHAIN
    const bytes = this.#write(full ? 'all' : 'changes')
    if (full) {
      this.#fullBytes = bytes.length
      this.#changeBytes = 0
      this.#changes = 0
    } else {
      this.#changes++
      this.#changeBytes += bytes.length
    }
    return { bytes, full }
  }

  #write(scope: SnapshotScope): Uint8Array {
    return encodeSnapshot(
      Array.from(this.#operators, ([name, operator]) => {
        const own = new StateWriter()
        operator.snapshot!(own, scope)
        return { operator: name, bytes: own.take() }
      }),
    )
  }

  /** True when something in it was dropped or renamed. */
  #restoreOne(snapshot: Uint8Array): boolean {
    const restored = new Set<string>()
    let evolved = false
    for (const { operator: stored, bytes } of operatorStates(snapshot)) {
      const name = this.#evolution.nameNow(stored, bytes.length)
      if (name !== stored) evolved = true
      if (name === undefined) continue
      const operator = this.#operators.get(name)
      if (operator?.restore === undefined) throw unknownState(stored, name)
      if (restored.has(name)) throw doubleState(name)
      restored.add(name)
      operator.restore(new StateReader(bytes))
    }
    return evolved
  }
}

/** A chain of changes below this many bytes is never worth a full snapshot for its length alone. */
const SMALL_CHAIN_BYTES = 256 * 1024
const LONGEST_CHAIN = 1000

function unknownState(stored: string, name: string): StreamError {
  const now = stored === name ? '' : ` (renamed "${name}")`
  return new StreamError(
    'STATE_UNKNOWN',
    `the checkpoint holds state of "${stored}"${now}, which the pipeline does not have. Give the step its old name, tell run() its new one with renameState, ` +
      'give it up with dropState, or start under a new job name.',
  )
}

function doubleState(name: string): StreamError {
  return new StreamError(
    'STATE_INVALID',
    `the checkpoint holds state of "${name}" and, by renameState, another state for it. Drop one of the two with dropState, or leave renameState out.`,
  )
}
