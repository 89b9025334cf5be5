import { StreamError } from '../errors.ts'

/** What a pipeline that has changed makes of state that was stored before it did. Needed until the first checkpoint after it. */
export interface StateEvolutionOptions {
  /** Steps whose stored state is given up. Their names must not be steps of the pipeline that keep state. */
  readonly dropState?: readonly string[]
  /** New names of steps by their old ones: `{ 'per-minute': 'counts per minute' }`. */
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
}

function add(counts: Map<string, number>, name: string, bytes: number): void {
  counts.set(name, (counts.get(name) ?? 0) + bytes)
}

/** Refuses options that contradict each other or the pipeline, before anything is restored. `steps`: all names of the pipeline. */
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
