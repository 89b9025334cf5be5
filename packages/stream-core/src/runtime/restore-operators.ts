import type { OperatorState, Snapshot } from '../checkpoint/snapshot-format.ts'
import { messageOf, StreamError } from '../errors.ts'
import type { Operator } from '../operators/operator.ts'
import { StateReader } from '../state/state-reader.ts'
import type { StateEvolution } from './state-evolution.ts'

/** What a chain of snapshots was found to hold. */
export interface RestoredChain {
  /** Of the whole state that it begins with, and of the changes since. */
  readonly wholeBytes: number
  readonly changeBytes: number
  /** True when something in it was dropped or renamed. */
  readonly evolved: boolean
}

/** Restores operators from a chain of snapshots, oldest first. */
export function restoreOperators(
  links: readonly Snapshot[],
  operators: ReadonlyMap<string, Operator<unknown>>,
  evolution: StateEvolution,
): RestoredChain {
  const whole = wholeState(links)
  const restore = new Restore(operators, evolution)
  for (const state of whole.states) restore.one(state)
  let changeBytes = 0
  for (const { states } of links.slice(whole.until)) {
    const changes = states.filter(({ isSwept }) => !isSwept)
    for (const state of changes) restore.one(state)
    changeBytes += bytesOf(changes)
  }
  for (const [name, operator] of operators) readable(name, () => operator.restored?.())
  return { wholeBytes: bytesOf(whole.states), changeBytes, evolved: restore.evolved }
}

/** The state that the changes in links from `until` on belong to: that of the last sweep which came to its end, or of a link that stands alone. */
function wholeState(links: readonly Snapshot[]): { readonly states: readonly OperatorState[]; readonly until: number } {
  const end = links.findLastIndex(({ endsSweep }) => endsSweep)
  if (end >= 0) {
    const begin = links.findLastIndex(({ beginsSweep }, at) => beginsSweep && at <= end)
    if (begin < 0) throw incomplete()
    // Changes of the link with which it began had been made before the first piece was written.
    const pieces = links.slice(begin, end + 1).flatMap(({ states }) => states.filter(({ isSwept }) => isSwept))
    return { states: pieces, until: begin + 1 }
  }
  const first = links[0]!
  if (!first.isFull) throw incomplete()
  return { states: first.states, until: 1 }
}

class Restore {
  evolved = false
  readonly #operators: ReadonlyMap<string, Operator<unknown>>
  readonly #evolution: StateEvolution
  /** Under which name the state of each operator is stored. */
  readonly #storedAs = new Map<string, string>()

  constructor(operators: ReadonlyMap<string, Operator<unknown>>, evolution: StateEvolution) {
    this.#operators = operators
    this.#evolution = evolution
  }

  one({ operator: stored, bytes }: OperatorState): void {
    const name = this.#evolution.nameNow(stored, bytes.length)
    if (name !== stored) this.evolved = true
    if (name === undefined) return
    const operator = this.#operators.get(name)
    if (operator?.restore === undefined) throw unknownState(stored, name)
    const other = this.#storedAs.get(name)
    if (other !== undefined && other !== stored) throw doubleState(name)
    this.#storedAs.set(name, stored)
    readable(name, () => operator.restore!(new StateReader(bytes)))
  }
}

/** What damaged bytes make an operator throw is of any kind; what it means is not. */
function readable(name: string, restore: () => void): void {
  try {
    restore()
  } catch (cause) {
    if (cause instanceof StreamError) throw cause
    throw new StreamError(
      'CHECKPOINT_CORRUPT',
      `the stored state of "${name}" cannot be read: ${messageOf(cause)}. Restore an older checkpoint.`,
      { cause, place: { operator: name } },
    )
  }
}

function bytesOf(states: readonly OperatorState[]): number {
  return states.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

function incomplete(): StreamError {
  return new StreamError(
    'CHECKPOINT_CORRUPT',
    'the stored state begins with changes, and what was before them is missing. Restore an older checkpoint.',
  )
}

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
