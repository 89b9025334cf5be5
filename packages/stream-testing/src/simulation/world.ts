import { type Job, run, StreamError } from '@rtp/stream-core'
import { isRetryable } from '@rtp/stream-core/extend'
import { type Fault, Faults } from './faults.ts'
import { Random } from './random.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedDatabase } from './simulated-database.ts'
import { SimulatedGroup } from './simulated-group.ts'
import { POSITION_LOST, SimulatedLog } from './simulated-log.ts'
import { type ProcessWorld, SimulatedProcess } from './simulated-process.ts'
import { simulatedSink } from './simulated-sink.ts'
import { type ReadAhead, simulatedSource } from './simulated-source.ts'
import { simulatedStore } from './simulated-store.ts'
import type { SimulationInput, SimulationOptions } from './simulation.ts'

/** A place where a process of the job is kept running: whoever dies there is started again. */
interface Slot {
  readonly name: string
  starts: number
  current: SimulatedProcess | undefined
}

export type WorldEnd = 'finished' | 'stopped'

/** One simulated world: servers, processes and the faults that happen to them. */
export class World implements ProcessWorld {
  readonly scheduler: Scheduler
  readonly faults: Faults
  readonly database: SimulatedDatabase
  /** The first thing that must not be. */
  problem: string | undefined
  readonly #options: SimulationOptions
  readonly #random: Random
  readonly #logs = new Map<string, readonly SimulatedLog[]>()
  readonly #group: SimulatedGroup
  readonly #jobs = new Map<SimulatedProcess, Job>()
  readonly #slots: readonly Slot[]
  readonly #capacity: number
  readonly #batchRecords: number
  /** Whether a process without partitions ends at once, or waits for some. */
  readonly #isBounded: boolean
  readonly #checkpoint: { readonly records: number; readonly intervalMs: number }
  #starting = 0
  /** True once a job has stopped because the log has lost what it was to read. */
  #hasStopped = false

  constructor(options: SimulationOptions, input: SimulationInput, isHurt: boolean) {
    this.#options = options
    const { seed, faults = {}, mostProcesses = 3 } = options
    this.#random = new Random(seed, isHurt ? 'world' : 'calm world')
    this.scheduler = new Scheduler(this.#random)
    this.faults = new Faults(new Random(seed, 'faults'), isHurt ? (faults.most ?? 12) : 0, faults.kinds)
    const onProblem = (problem: string): void => this.#onProblem(problem)
    this.database = new SimulatedDatabase(this.scheduler, onProblem)
    const isGrowing = this.#random.chance(0.5)
    for (const [topic, partitions] of Object.entries(input)) {
      const logs = partitions.map(
        (records, i) => new SimulatedLog(`${topic}/${i}`, records, isGrowing, this.scheduler, this.#random),
      )
      this.#logs.set(topic, logs)
    }
    const partitions = Math.max(...[...this.#logs.values()].map(logs => logs.length))
    this.#group = new SimulatedGroup(this.scheduler, partitions, SESSION_TIMEOUT_MS)
    this.#capacity = this.#random.pick([10, 100, 1_000])
    this.#isBounded = this.#random.chance(0.5)
    this.#batchRecords = this.#random.pick([1, 3, 10, 100])
    this.#checkpoint = {
      records: this.#random.pick([1, 5, 20, 1_000]),
      intervalMs: this.#random.pick([20, 100, 1_000]),
    }
    const count = isHurt ? this.#random.between(1, mostProcesses) : 1
    this.#slots = Array.from({ length: count }, (_, i) => ({ name: `p${i + 1}`, starts: 0, current: undefined }))
  }

  /** Runs until every process has ended, and nothing is on its way any more. */
  async run(): Promise<WorldEnd> {
    for (const slot of this.#slots) this.#startLater(slot, this.#random.pick([0, 0, 50, 500]))
    const most = this.#options.mostSteps ?? 50_000
    let end = await this.#runProcesses(most)
    // One may have ended with what it was given, while a dead one still held the rest. A last start reads that; of a job that is done, it changes nothing.
    if (end === 'over' && !this.#hasStopped && this.problem === undefined) {
      this.faults.end()
      this.#startLater(this.#slots[0]!, 2 * SESSION_TIMEOUT_MS)
      end = await this.#runProcesses(most)
    }
    if (this.problem === undefined && end !== 'over') {
      this.#onProblem(`the job does not come to an end: ${end === 'limit' ? `${most} steps` : 'everybody waits'}`)
    }
    if (this.problem === undefined && !this.#hasStopped) {
      const rest = await this.scheduler.run(() => this.problem !== undefined, most)
      if (this.problem === undefined && rest !== 'idle') this.#onProblem('something goes on after the job has ended')
    }
    const unread = this.#hasStopped ? undefined : this.#unread()
    if (unread !== undefined) this.#onProblem(`the job has finished, but ${unread}`)
    return this.#hasStopped ? 'stopped' : 'finished'
  }

  fault(_process: SimulatedProcess, call: string): Fault | undefined {
    return this.faults.at(call)
  }

  happen({ kind }: Fault, process: SimulatedProcess): void {
    const random = this.#random
    if (kind === 'crash') process.kill()
    else if (kind === 'pause') process.pause(random.pick([50, 500, 2 * SESSION_TIMEOUT_MS, 6 * SESSION_TIMEOUT_MS]))
    else if (kind === 'rebalance') this.#group.rebalance()
    else if (kind === 'clockJump') process.clockOffset += random.between(-3_600_000, 3_600_000)
    else if (kind === 'deploy')
      void this.#jobs
        .get(process)
        ?.stop()
        .catch(() => {})
    else if (kind === 'retention' || kind === 'truncation') this.#lose(kind)
  }

  died(process: SimulatedProcess): void {
    this.#jobs.delete(process)
    this.#group.silent(process)
    const slot = this.#slotOf(process)
    if (slot !== undefined) this.#startLater(slot, this.#random.pick([10, 300, 3_000]))
  }

  paused(process: SimulatedProcess): void {
    this.#group.silent(process)
    const slot = this.#slotOf(process)
    if (slot === undefined || !this.#random.chance(0.5)) return
    // Whoever watches over it takes it for dead, and starts another.
    this.scheduler.schedule(undefined, this.#random.pick([300, 3_000]), '', () => {
      if (slot.current === process && process.state === 'paused') this.#start(slot)
    })
  }

  resumed(process: SimulatedProcess): void {
    this.#group.back(process)
  }

  #runProcesses(mostSteps: number): Promise<'over' | 'idle' | 'limit'> {
    return this.scheduler.run(() => this.problem !== undefined || this.#isOver(), mostSteps)
  }

  #startLater(slot: Slot, delayMs: number): void {
    slot.current = undefined
    this.#starting++
    this.scheduler.schedule(undefined, delayMs, '', () => {
      this.#starting--
      this.#start(slot)
    })
  }

  #start(slot: Slot): void {
    const process = new SimulatedProcess(`${slot.name}.${++slot.starts}`, this)
    slot.current = process
    this.scheduler.note(`${process.name} starts`)
    const onProblem = (problem: string): void => this.#onProblem(problem)
    const { database } = this
    const mostOfCut = this.#checkpoint.records - 1 + this.#batchRecords
    const reading = {
      process,
      group: this.#group,
      batchRecords: this.#batchRecords,
      bounded: this.#isBounded,
      readers: new Set<ReadAhead>(),
      mostAhead: (partitions: number) => 2 * mostOfCut + partitions * this.#batchRecords,
      committed: (key: string) => Number(database.position(key) ?? 0),
      onProblem,
    }
    const pipeline = this.#options.build({
      source: name => {
        const logs = this.#logs.get(name)
        if (logs === undefined)
          throw new StreamError('SOURCE_FAILED', `the input of the simulation has no topic "${name}".`)
        return simulatedSource(name, { ...reading, logs })
      },
      sink: (table, options = {}) =>
        simulatedSink(table, options, { process, database, capacity: this.#capacity, onProblem }),
      call: (label, work) => process.call(label, reply => reply.ok(work())),
    })
    const job = run(pipeline, {
      store: simulatedStore(process, database, onProblem),
      clock: process.clock,
      checkpoint: this.#checkpoint,
      restart: { initialDelayMs: 20, attempts: 5, jitter: 0 },
    })
    this.#jobs.set(process, job)
    job.done.then(
      ({ state }) => this.#ended(process, state),
      (error: unknown) => this.#failed(process, error),
    )
  }

  #ended(process: SimulatedProcess, state: 'finished' | 'stopped'): void {
    this.scheduler.note(`${process.name} has ${state}`)
    this.#jobs.delete(process)
    const slot = this.#slotOf(process)
    if (slot === undefined) return
    if (state === 'stopped') this.#startLater(slot, this.#random.pick([10, 300]))
  }

  #failed(process: SimulatedProcess, error: unknown): void {
    this.scheduler.note(`${process.name} has failed: ${error instanceof Error ? error.message : error}`)
    this.#jobs.delete(process)
    const code = error instanceof StreamError ? error.code : undefined
    const hasLost = (this.faults.counts.get('retention') ?? 0) + (this.faults.counts.get('truncation') ?? 0) > 0
    if (code === POSITION_LOST && hasLost) {
      this.#hasStopped = true
    } else if (code === 'FENCED' || isRetryable(error)) {
      const slot = this.#slotOf(process)
      if (slot !== undefined) this.#startLater(slot, this.#random.pick([10, 300]))
    } else {
      this.#onProblem(`${process.name} has failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`)
    }
  }

  #isOver(): boolean {
    return this.#hasStopped || (this.#starting === 0 && this.#jobs.size === 0)
  }

  #lose(kind: 'retention' | 'truncation'): void {
    const [topic, logs] = this.#random.pick([...this.#logs])
    const partition = this.#random.between(0, logs.length - 1)
    const position = Number(this.database.position(`${topic}/${partition}`) ?? 0)
    if (kind === 'truncation') logs[partition]!.truncate(this.#random.between(0, position))
    else logs[partition]!.removeBefore(Math.min(logs[partition]!.size, position + this.#random.between(1, 5)))
  }

  /** What is not committed as read. */
  #unread(): string | undefined {
    if (this.#hasStopped || this.problem !== undefined) return undefined
    for (const [topic, logs] of this.#logs) {
      for (const [i, { size }] of logs.entries()) {
        const position = this.database.position(`${topic}/${i}`)
        if (position !== size) return `the position of ${topic}/${i} is ${position}, of ${size}`
      }
    }
    return undefined
  }

  #slotOf(process: SimulatedProcess): Slot | undefined {
    return this.#slots.find(({ current }) => current === process)
  }

  #onProblem(problem: string): void {
    this.problem ??= problem
    this.scheduler.note(`PROBLEM ${problem}`)
  }
}

const SESSION_TIMEOUT_MS = 1_000
