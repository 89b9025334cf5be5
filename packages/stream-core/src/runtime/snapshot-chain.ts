import { decodeSnapshot, encodeSnapshot, type OperatorState } from '../checkpoint/snapshot-format.ts'
import type { Operator, SnapshotScope } from '../operators/operator.ts'
import { StateWriter } from '../state/state-writer.ts'
import { restoreOperators } from './restore-operators.ts'
import { StateEvolution } from './state-evolution.ts'
import { type SweepLimits, TaskSweep } from './task-sweep.ts'

/** When a chain begins anew, and how. */
export interface ChainLimits extends SweepLimits {
  /** A chain of changes below this many bytes never begins anew for its length alone. */
  readonly smallChainBytes: number
  /** Snapshots in a chain, about. */
  readonly longestChain: number
  /** State that is written as a whole at once. */
  readonly smallStateBytes: number
  /** What a sweep writes between two batches, as a rule. */
  readonly sliceBytes: number
  /** What it writes at most, when changes are large. */
  readonly mostAtOnceBytes: number
  /** Pace of a sweep over state that hardly changes. */
  readonly leastBytesPerRecord: number
}

/** Slices well below a millisecond; what is written at once, some milliseconds. */
const DEFAULT_LIMITS: ChainLimits = {
  smallChainBytes: 256 * 1024,
  longestChain: 1000,
  smallStateBytes: 1024 * 1024,
  sliceBytes: 32 * 1024,
  mostAtOnceBytes: 1024 * 1024,
  leastBytesPerRecord: 32,
  pieceBytes: 16 * 1024,
  firstEntries: 16,
}

/** A snapshot of a task, and how many of those before it a restore needs as well. */
export interface ChainLink {
  readonly bytes: Uint8Array
  readonly needs: number
}

/**
 * The state of a task's operators as a chain of snapshots: everything, then what changed, checkpoint by checkpoint. When the changes outweigh
 * the whole, the chain has to begin anew. Small state is written as a whole again. Large state would stop the records for too long, so a
 * sweep writes it bit by bit while they go on, in the snapshots of several checkpoints, faster than it changes; once the sweep is through, what was
 * before it is dropped. So a checkpoint costs what changed, and restoring reads at most about four times the state.
 */
export class SnapshotChain {
  readonly #operators: ReadonlyMap<string, Operator<unknown>>
  readonly #evolution: StateEvolution
  readonly #limits: ChainLimits
  /** Snapshots that a restore needs, and how many of them there were when the sweep under way began. */
  #links = 0
  #linksBeforeSweep = 0
  #sweep: TaskSweep | undefined
  /** Bytes of the whole state, as the chain begins with it. */
  #wholeBytes = 0
  /** Of the changes since, and of those since the sweep under way began; infinite when the chain must begin anew at once. */
  #changeBytes = Number.POSITIVE_INFINITY
  #changeBytesInSweep = 0
  #records = 0
  /** Of each operator's last snapshot. */
  readonly #lastBytes: number[] = []
  /** Pace of a sweep, and what it is behind. */
  #bytesPerRecord: number
  #owedBytes = 0

  constructor(
    operators: ReadonlyMap<string, Operator<unknown>>,
    evolution = new StateEvolution(),
    limits: ChainLimits = DEFAULT_LIMITS,
  ) {
    this.#evolution = evolution
    this.#limits = limits
    this.#bytesPerRecord = limits.leastBytesPerRecord
    this.#operators = new Map([...operators].filter(([, operator]) => operator.snapshot !== undefined))
  }

  /** Restores from a stored chain, oldest first; an empty one is a fresh start. */
  restore(snapshots: readonly Uint8Array[]): void {
    if (snapshots.length === 0) return
    const links = snapshots.map((bytes, at) => decodeSnapshot(bytes, at === 0))
    const { wholeBytes, changeBytes, evolved } = restoreOperators(links, this.#operators, this.#evolution)
    this.#links = snapshots.length
    this.#wholeBytes = wholeBytes
    // What was dropped or renamed must leave the chain, so that nobody has to say it again after the next checkpoint.
    this.#changeBytes = evolved ? Number.POSITIVE_INFINITY : changeBytes
  }

  /** So many records have been worked on: a sweep that is under way goes on. Between two batches. */
  advance(records: number): void {
    this.#records += records
    if (this.#sweep === undefined) return
    this.#owedBytes += records * this.#bytesPerRecord
    if (this.#owedBytes < this.#limits.sliceBytes) return
    this.#sweep.write(Math.min(this.#owedBytes, this.#limits.mostAtOnceBytes))
    this.#owedBytes = 0
  }

  /** Cuts the next link: between two batches. */
  snapshot(): ChainLink {
    if (this.#isDue() && this.#isSmall()) return this.#whole()
    const changes = this.#write('changes')
    const changeBytes = bytesOf(changes)
    this.#changeBytes += changeBytes
    this.#setPace(changeBytes)
    return this.#sweep === undefined ? this.#link(changes) : this.#sweptLink(this.#sweep, changes, changeBytes)
  }

  #isDue(): boolean {
    if (this.#sweep !== undefined) return false
    return (
      this.#changeBytes > Math.max(this.#limits.smallChainBytes, this.#wholeBytes) ||
      this.#links > this.#limits.longestChain
    )
  }

  /** As far as one can know: what changed may be what was there before, or new. */
  #isSmall(): boolean {
    return (
      this.#changeBytes === Number.POSITIVE_INFINITY ||
      this.#wholeBytes + this.#changeBytes <= this.#limits.smallStateBytes
    )
  }

  #whole(): ChainLink {
    const states = this.#write('all')
    this.#wholeBytes = bytesOf(states)
    this.#changeBytes = 0
    this.#links = 1
    return { bytes: encodeSnapshot({ isFull: true, beginsSweep: false, endsSweep: false, states }), needs: 0 }
  }

  /** A link of changes, with which a sweep begins when it is time. */
  #link(changes: readonly OperatorState[]): ChainLink {
    const needs = this.#links++
    const beginsSweep = this.#isDue() && !this.#isSmall()
    if (beginsSweep) {
      this.#sweep = new TaskSweep(this.#operators, this.#limits)
      this.#linksBeforeSweep = needs
      this.#changeBytesInSweep = 0
      this.#owedBytes = 0
    }
    const states = beginsSweep ? [...changes, ...this.#sweep!.take()] : changes
    return { bytes: encodeSnapshot({ isFull: false, beginsSweep, endsSweep: false, states }), needs }
  }

  /** A link of changes and of what a sweep has written since the last one. */
  #sweptLink(sweep: TaskSweep, changes: readonly OperatorState[], changeBytes: number): ChainLink {
    // It comes to an end however few records come.
    sweep.write(Math.min(Math.max(this.#limits.sliceBytes, this.#wholeBytes / 256), this.#limits.mostAtOnceBytes / 2))
    this.#changeBytesInSweep += changeBytes
    const states = [...changes, ...sweep.take()]
    const endsSweep = sweep.isDone
    const bytes = encodeSnapshot({ isFull: false, beginsSweep: false, endsSweep, states })
    if (endsSweep) {
      this.#links -= this.#linksBeforeSweep
      this.#wholeBytes = sweep.bytes
      this.#changeBytes = this.#changeBytesInSweep
      this.#sweep = undefined
    }
    return { bytes, needs: this.#links++ }
  }

  /** As long as a sweep goes on, changes come on top of it: it must be the faster one. */
  #setPace(changeBytes: number): void {
    if (this.#records > 0)
      this.#bytesPerRecord = Math.max(this.#limits.leastBytesPerRecord, (2 * changeBytes) / this.#records)
    this.#records = 0
  }

  #write(scope: SnapshotScope): OperatorState[] {
    return Array.from(this.#operators, ([name, operator], at) => {
      // Where the last one fitted, the next one does as a rule, without being moved while it grows.
      const own = new StateWriter(256 + (this.#lastBytes[at] ?? 0) * 1.1)
      operator.snapshot!(own, scope)
      this.#lastBytes[at] = own.length
      return { operator: name, bytes: own.take(), isSwept: false }
    })
  }
}

function bytesOf(states: readonly OperatorState[]): number {
  return states.reduce((sum, { bytes }) => sum + bytes.length, 0)
}
