import {
  type Checkpoint,
  type Position,
  type RestoredTask,
  StreamError,
  type TaskLayout,
} from '@rtp/stream-core/extend'
import type { Scheduler } from './scheduler.ts'
import type { Reply, SimulatedProcess } from './simulated-process.ts'

interface TaskRow {
  epoch: number
  sequence: number
  positions: ReadonlyMap<string, Position>
  layout: TaskLayout | undefined
  snapshots: readonly Uint8Array[]
  /** Who took it over last. Not stored in a real database: the witness against a write by anybody else. */
  owner: SimulatedProcess | undefined
}

/** A row of a sink, as text; the key of a table that is addressed by key. */
export interface SimulatedRow {
  readonly table: string
  readonly key: string | undefined
  readonly text: string
}

/**
 * A database with the commit protocol of `@rtp/sinks-postgres`: rows of tasks are locked, compared and set, and a commit takes time between the
 * comparison and its effect, in which whoever takes a task over waits.
 */
export class SimulatedDatabase {
  readonly scope = { name: 'simulated database' }
  readonly #scheduler: Scheduler
  readonly #onProblem: (problem: string) => void
  readonly #tasks = new Map<string, TaskRow>()
  readonly #appended = new Map<string, string[]>()
  readonly #keyed = new Map<string, Map<string, string>>()
  readonly #locked = new Set<string>()
  #waiting: { readonly tasks: readonly string[]; readonly work: () => void }[] = []

  constructor(scheduler: Scheduler, onProblem: (problem: string) => void) {
    this.#scheduler = scheduler
    this.#onProblem = onProblem
  }

  /** Rows of the tables that are only added to, as text. */
  appended(): ReadonlyMap<string, readonly string[]> {
    return this.#appended
  }

  /** Rows of every table as text. */
  tables(): Map<string, readonly string[]> {
    const tables = new Map<string, readonly string[]>(this.#appended)
    for (const [name, rows] of this.#keyed) tables.set(name, [...rows.values()])
    return tables
  }

  /** How far a partition has been committed; undefined before the first checkpoint. */
  position(key: string): Position | undefined {
    for (const { positions } of this.#tasks.values()) {
      const position = positions.get(key)
      if (position !== undefined) return position
    }
    return undefined
  }

  acquire(process: SimulatedProcess, names: readonly string[], reply: Reply<RestoredTask[]>): void {
    this.#lock(names, () => {
      const restored = names.map(task => {
        const row = this.#row(task)
        row.epoch++
        row.owner = process
        const { epoch, sequence, layout } = row
        return { task, epoch, sequence, layout, positions: new Map(row.positions), snapshots: row.snapshots }
      })
      this.#scheduler.note(
        `db: ${process.name} takes over ${names.map(name => `${name}@${this.#row(name).epoch}`).join(' ')}`,
      )
      this.#unlock(names)
      reply.ok(restored)
    })
  }

  commit(process: SimulatedProcess, checkpoint: Checkpoint, rows: readonly SimulatedRow[], reply: Reply<void>): void {
    const names = checkpoint.tasks.map(({ task }) => task)
    this.#lock(names, () => {
      const fault = this.#mismatch(checkpoint)
      if (fault !== undefined) {
        this.#unlock(names)
        this.#scheduler.note(`db: commit of ${process.name} is refused: ${fault}`)
        reply.fail(new StreamError('FENCED', `${fault}. Another process has taken over, and this one must stop.`))
        return
      }
      const { random } = this.#scheduler
      this.#scheduler.schedule(
        undefined,
        random.chance(0.1) ? random.between(20, 500) : random.between(0, 3),
        '',
        () => {
          this.#apply(process, checkpoint, rows)
          this.#unlock(names)
          reply.ok(undefined)
        },
      )
    })
  }

  /** What became of a commit whose answer was lost: raises the epochs of tasks that have not moved, so that the answer is final. */
  outcome(
    process: SimulatedProcess,
    { tasks }: Checkpoint,
    reply: Reply<'committed' | 'nothing' | 'taken over'>,
  ): void {
    const names = tasks.map(({ task }) => task)
    this.#lock(names, () => {
      const behind = tasks.filter(({ task, epoch, sequence }) => {
        const row = this.#row(task)
        return row.epoch === epoch && row.sequence < sequence
      })
      for (const { task } of behind) this.#row(task).epoch++
      const isCommitted = tasks.every(({ task, epoch, sequence }) => {
        const row = this.#row(task)
        return row.epoch === epoch && row.sequence === sequence
      })
      const result = behind.length === tasks.length ? 'nothing' : isCommitted ? 'committed' : 'taken over'
      this.#scheduler.note(`db: ${process.name} finds its commit ${result}`)
      this.#unlock(names)
      reply.ok(result)
    })
  }

  /** Writes rows outside any checkpoint. */
  write(rows: readonly SimulatedRow[]): void {
    for (const { table, key, text } of rows) {
      if (key === undefined) entry(this.#appended, table, () => []).push(text)
      else entry(this.#keyed, table, () => new Map<string, string>()).set(key, text)
    }
  }

  #apply(process: SimulatedProcess, { tasks }: Checkpoint, rows: readonly SimulatedRow[]): void {
    for (const { task, sequence, positions, layout, snapshot, needs } of tasks) {
      const row = this.#row(task)
      if (row.owner !== process)
        this.#onProblem(`${process.name} has committed task ${task}, which ${row.owner?.name} has taken over`)
      for (const [key, position] of row.positions) {
        const next = positions.get(key)
        if (next === undefined || next < position) {
          this.#onProblem(`a commit takes ${key} from position ${position} back to ${next}`)
        }
      }
      const dropped = row.snapshots.length - needs
      if (dropped < 0)
        this.#onProblem(`a snapshot of task ${task} needs ${needs} before it, ${row.snapshots.length} are there`)
      row.sequence = sequence
      row.positions = positions
      row.layout = layout
      row.snapshots = [...row.snapshots.slice(dropped), snapshot]
    }
    this.write(rows)
    const moved = tasks.map(
      ({ task, sequence, positions }) => `${task}#${sequence} at ${[...positions.values()].join(',')}`,
    )
    this.#scheduler.note(`db: COMMIT of ${process.name}: ${moved.join('; ')}; ${rows.length} rows`)
  }

  #mismatch({ tasks }: Checkpoint): string | undefined {
    for (const { task, epoch, sequence, previous } of tasks) {
      const row = this.#row(task)
      if (row.epoch !== epoch) return `task ${task} has epoch ${row.epoch}, not ${epoch}`
      if (row.sequence !== sequence - 1)
        return `task ${task} is at checkpoint ${row.sequence}, so ${sequence} is not due`
      const keys = new Set([...row.positions.keys(), ...previous.keys()])
      for (const key of keys) {
        if (row.positions.get(key) !== previous.get(key)) return `task ${task} is at another position of ${key}`
      }
    }
    return undefined
  }

  #row(task: string): TaskRow {
    return entry(this.#tasks, task, () => ({
      epoch: 0,
      sequence: 0,
      positions: new Map(),
      layout: undefined,
      snapshots: [],
      owner: undefined,
    }))
  }

  #lock(tasks: readonly string[], work: () => void): void {
    this.#waiting.push({ tasks, work })
    this.#grant()
  }

  #unlock(tasks: readonly string[]): void {
    for (const task of tasks) this.#locked.delete(task)
    this.#grant()
  }

  #grant(): void {
    const next = this.#waiting.find(({ tasks }) => !tasks.some(task => this.#locked.has(task)))
    if (next === undefined) return
    this.#waiting = this.#waiting.filter(other => other !== next)
    for (const task of next.tasks) this.#locked.add(task)
    next.work()
    this.#grant()
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}
