import type { Position } from '../connectors/source.ts'
import { StreamError } from '../errors.ts'

/** What a pipeline that has changed makes of state that was stored before it did. Needed until the first checkpoint after it. */
export interface StateEvolutionOptions {
  /** Steps whose stored state, and sources whose positions, are given up. Their names must not be in the pipeline any more. */
  readonly dropState?: readonly string[]
  /** New names of steps and sources by their old ones: `{ 'per-minute': 'counts per minute' }`. */
  readonly renameState?: Readonly<Record<string, string>>
}

/** Decides under which name stored state is restored, and counts what it has decided, over all tasks of a process. */
export class StateEvolution {
  /** Bytes of dropped state by the name of its step. */
  readonly dropped = new Map<string, number>()
  /** Bytes of state under a new name, by that. */
  readonly renamed = new Map<string, number>()
  readonly #drop: ReadonlySet<string>
  readonly #rename: ReadonlyMap<string, string>

  constructor({ dropState = [], renameState = {} }: StateEvolutionOptions = {}) {
    this.#drop = new Set(dropState)
    this.#rename = new Map(Object.entries(renameState))
  }

  /** Undefined when it is dropped. */
  nameNow(stored: string, bytes: number): string | undefined {
    if (this.#drop.has(stored)) {
      add(this.dropped, stored, bytes)
      return undefined
    }
    const name = this.#rename.get(stored)
    if (name !== undefined) add(this.renamed, name, bytes)
    return name ?? stored
  }

  /** The name of a source that was checkpointed; undefined when its positions are given up. */
  sourceNow(stored: string): string | undefined {
    return this.#drop.has(stored) ? undefined : (this.#rename.get(stored) ?? stored)
  }

  /** Stored positions, which are by `source/partition index`, under the names of now. */
  positionsNow(stored: ReadonlyMap<string, Position>): Map<string, Position> {
    const positions = new Map<string, Position>()
    for (const [key, position] of stored) {
      const slash = key.lastIndexOf('/')
      const source = this.nameNow(key.slice(0, slash), 0)
      if (source !== undefined) positions.set(`${source}${key.slice(slash)}`, position)
    }
    return positions
  }
}

function add(counts: Map<string, number>, name: string, bytes: number): void {
  counts.set(name, (counts.get(name) ?? 0) + bytes)
}

/** Refuses options that contradict each other or the pipeline, before anything is restored. `steps`: all steps and sources of the pipeline. */
export function checkEvolution(options: StateEvolutionOptions, steps: readonly string[]): void {
  const { dropState = [], renameState = {} } = options
  for (const name of dropState) {
    if (steps.includes(name))
      throw invalid(`dropState names "${name}", which is a step of the pipeline. Take it out, or rename the step`)
    if (Object.hasOwn(renameState, name))
      throw invalid(`"${name}" is both in dropState and in renameState. Decide for one`)
  }
  const taken = new Map<string, string>()
  for (const [old, name] of Object.entries(renameState)) {
    if (steps.includes(old))
      throw invalid(`renameState names "${old}", which is still a step of the pipeline. Its state stays with it`)
    if (!steps.includes(name))
      throw invalid(`renameState gives "${old}" the name "${name}", and the pipeline has no such step`)
    const other = taken.get(name)
    if (other !== undefined) throw invalid(`renameState gives both "${other}" and "${old}" the name "${name}"`)
    taken.set(name, old)
  }
}

function invalid(what: string): StreamError {
  return new StreamError('STATE_INVALID', `${what}.`)
}
