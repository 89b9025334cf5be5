import type { Clock } from '../time/clock.ts'
import type { PartitionLoop } from './partition-loop.ts'
import type { Task } from './task.ts'

/** Watches for silence by the wall clock: tells operators that asked for it, and marks partitions idle. */
export class QuietWatch {
  readonly #clock: Clock
  readonly #tasks: readonly Task[]
  readonly #loops: readonly PartitionLoop[]
  /** For each task the operators that know of the silence since its last batch. */
  readonly #told = new Map<Task, { readonly since: number; readonly operators: Set<string> }>()
  #cancelTimer: () => void = () => {}

  constructor(clock: Clock, tasks: readonly Task[], loops: readonly PartitionLoop[]) {
    this.#clock = clock
    this.#tasks = tasks
    this.#loops = loops
  }

  start(): void {
    this.#cancelTimer = this.#clock.after(TICK_MS, () => {
      this.#tick()
      this.start()
    })
  }

  stop(): void {
    this.#cancelTimer()
  }

  #tick(): void {
    const now = this.#clock.monotonic()
    for (const loop of this.#loops) loop.watchIdleness(now)
    for (const task of this.#tasks) {
      const loops = this.#loops.filter(loop => loop.belongsTo(task) && !loop.ended)
      // Silence is a claim about the source: a task that is held back by its sinks is not quiet.
      if (loops.length === 0 || !loops.every(loop => loop.waitsForSource)) continue
      const since = Math.max(...loops.map(loop => loop.waitingSince))
      let told = this.#told.get(task)
      // A batch has come, so this is another silence, however short the time between them.
      if (told?.since !== since) {
        told = { since, operators: new Set() }
        this.#told.set(task, told)
      }
      task.quiet(now - since, told.operators)
    }
  }
}

const TICK_MS = 100
