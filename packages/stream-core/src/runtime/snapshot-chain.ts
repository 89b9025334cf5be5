import { StreamError } from '../errors.ts'
import type { Operator, SnapshotScope } from '../operators/operator.ts'
import { StateReader } from '../state/state-reader.ts'
import { StateWriter } from '../state/state-writer.ts'

/**
 * The state of a task's operators as a chain: one full snapshot, then what changed, checkpoint by checkpoint. When the changes outweigh the
 * full one, a new full one starts the chain anew; so a checkpoint costs what changed, and restoring reads at most about three times the state.
 */
export class SnapshotChain {
  readonly #operators: ReadonlyMap<string, Operator<unknown>>
  #fullBytes = 0
  /** Infinite before there is a full snapshot. */
  #changeBytes = Number.POSITIVE_INFINITY
  #changes = 0

  constructor(operators: ReadonlyMap<string, Operator<unknown>>) {
    this.#operators = new Map([...operators].filter(([, operator]) => operator.snapshot !== undefined))
  }

  /** Restores from a stored chain, oldest first; an empty one is a fresh start. */
  restore(snapshots: readonly Uint8Array[]): void {
    if (snapshots.length === 0) return
    for (const snapshot of snapshots) this.#restoreOne(new StateReader(snapshot))
    this.#fullBytes = snapshots[0]!.length
    this.#changes = snapshots.length - 1
    this.#changeBytes = snapshots.slice(1).reduce((sum, { length }) => sum + length, 0)
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
    const state = new StateWriter(4096)
    state.uint8(FORMAT_VERSION).uint(this.#operators.size)
    for (const [name, operator] of this.#operators) {
      const own = new StateWriter()
      operator.snapshot!(own, scope)
      state.text(name).bytes(own.take())
    }
    return state.take()
  }

  #restoreOne(state: StateReader): void {
    const version = state.uint8()
    if (version !== FORMAT_VERSION) {
      throw new StreamError(
        'CHECKPOINT_NEWER_VERSION',
        `the checkpoint has state format ${version}; this release reads ${FORMAT_VERSION}. Update @rtp/stream-core.`,
      )
    }
    for (let left = state.uint(); left > 0; left--) {
      const name = state.text()
      const bytes = state.bytes()
      const operator = this.#operators.get(name)
      if (operator?.restore === undefined) {
        throw new StreamError(
          'STATE_UNKNOWN',
          `the checkpoint holds state of "${name}", which the pipeline does not have. Give the step its old name, or start under a new job name.`,
        )
      }
      operator.restore(new StateReader(bytes))
    }
  }
}

/** A chain of changes below this many bytes is never worth a full snapshot for its length alone. */
const SMALL_CHAIN_BYTES = 256 * 1024
const LONGEST_CHAIN = 1000
/** First byte of a snapshot; raised when the layout changes. */
const FORMAT_VERSION = 1
