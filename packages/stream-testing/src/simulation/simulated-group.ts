import type { Scheduler } from './scheduler.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** A process in the group. It knows of a new assignment when it is told, which may be later than others act on it. */
class Member {
  readonly process: SimulatedProcess
  /** By source: each session hears of it on its own. */
  readonly known = new Map<string, readonly number[]>()
  readonly listeners = new Map<string, () => void>()
  assigned: readonly number[] = []
  isIn = true

  constructor(process: SimulatedProcess) {
    this.process = process
  }
}

/** A consumer group: deals the partitions out to its members, anew whenever one comes, leaves or is silent for too long. */
export class SimulatedGroup {
  readonly #scheduler: Scheduler
  readonly #partitions: number
  readonly #sessionTimeoutMs: number
  #members: Member[] = []

  constructor(scheduler: Scheduler, partitions: number, sessionTimeoutMs: number) {
    this.#scheduler = scheduler
    this.#partitions = partitions
    this.#sessionTimeoutMs = sessionTimeoutMs
  }

  /** A source of the process joins; the first one brings the process in. */
  join(process: SimulatedProcess, source: string): void {
    let member = this.#of(process)
    if (member === undefined) {
      member = new Member(process)
      this.#members.push(member)
      this.rebalance()
    }
    member.known.set(source, member.assigned)
    // It may have died while its request was on its way.
    if (process.state !== 'running') this.silent(process)
  }

  leave(process: SimulatedProcess): void {
    if (this.#of(process) === undefined) return
    this.#members = this.#members.filter(member => member.process !== process)
    this.#scheduler.note(`group: ${process.name} leaves`)
    this.rebalance()
  }

  known(process: SimulatedProcess, source: string): readonly number[] {
    return this.#of(process)?.known.get(source) ?? []
  }

  listen(process: SimulatedProcess, source: string, changed: () => void): void {
    this.#of(process)?.listeners.set(source, changed)
  }

  /** The process no longer answers: after a while the others go on without it, unless it is back by then. */
  silent(process: SimulatedProcess): void {
    this.#scheduler.schedule(undefined, this.#sessionTimeoutMs, '', () => {
      const member = this.#of(process)
      if (member === undefined || !member.isIn || process.state === 'running') return
      member.isIn = false
      this.#scheduler.note(`group: ${process.name} has been silent for too long`)
      this.rebalance()
    })
  }

  /** It has been paused, and asks to come in again if it was put out. */
  back(process: SimulatedProcess): void {
    const member = this.#of(process)
    if (member === undefined || member.isIn) return
    member.isIn = true
    this.rebalance()
  }

  /** Deals the partitions out anew, by chance. */
  rebalance(): void {
    const members = this.#members.filter(({ isIn }) => isIn)
    if (members.length === 0) return
    const { random } = this.#scheduler
    const shares = members.map((): number[] => [])
    const order = random.shuffled([...shares.keys()])
    for (let partition = 0; partition < this.#partitions; partition++) {
      shares[order[partition % order.length]!]!.push(partition)
    }
    for (const [i, member] of members.entries()) this.#assign(member, shares[i]!)
  }

  #assign(member: Member, partitions: readonly number[]): void {
    if (String(member.assigned) === String(partitions) && member.isIn) return
    member.assigned = partitions
    this.#scheduler.note(`group: ${member.process.name} is given ${partitions.join(' ') || 'nothing'}`)
    for (const source of member.known.keys()) {
      this.#scheduler.schedule(member.process, this.#scheduler.random.between(0, 40), '', () => {
        if (member.known.get(source) === member.assigned) return
        member.known.set(source, member.assigned)
        this.#scheduler.note(
          `${member.process.name} hears that "${source}" reads ${member.assigned.join(' ') || 'nothing'}`,
        )
        member.listeners.get(source)?.()
      })
    }
  }

  #of(process: SimulatedProcess): Member | undefined {
    return this.#members.find(member => member.process === process)
  }
}
