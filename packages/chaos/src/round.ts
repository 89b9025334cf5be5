import { setTimeout as sleep } from 'node:timers/promises'
import { dieAtPoint } from './die-at-point.ts'
import { type Fault, faultName, type MomentFault } from './fault.ts'
import type { NetworkHurt } from './networks.ts'
import type { Random } from './random.ts'
import { type Hurtable, killAndRestart } from './servers/hurtable.ts'
import { TableWatch } from './table-watch.ts'
import { JobProcess, type Place, runCommand, type VerifyReport, verify } from './telemetry.ts'

export interface RoundOptions {
  readonly place: Place
  readonly rows: number
  readonly processes: number
  readonly sessionTimeoutMs: number
  readonly kafka: Hurtable
  readonly postgres: Hurtable
  /** Undefined where none is to fail. */
  readonly networks: NetworkHurt | undefined
  readonly random: Random
  readonly say: (line: string) => void
}

export interface RoundResult {
  readonly dealt: readonly Fault[]
  /** Points that no process reached although there was work. */
  readonly missed: readonly Fault[]
  readonly report: VerifyReport
  /** Ends of job processes that nobody asked for. */
  readonly surprises: readonly string[]
}

/** Fills a topic, lets job processes work on it, deals faults until they or the work run out, lets the job finish, and verifies. */
export async function runRound(faults: readonly Fault[], options: RoundOptions): Promise<RoundResult> {
  const { place, rows, processes, say } = options
  await runCommand(place, 'produce', ['--rows', String(rows)])
  const jobs = Array.from({ length: processes }, (_, number) => new JobProcess(place, number))
  const watch = new TableWatch(place.watched)
  const dealt: Fault[] = []
  const missed: Fault[] = []
  try {
    for (const job of jobs) job.start()
    for (const [index, fault] of faults.entries()) {
      let what = faultName(fault)
      if (typeof fault === 'string') {
        if (!(await waitForMoment(watch, options))) break
        what = await deal(fault, jobs, options)
        dealt.push(fault)
      } else {
        const end = await dieAtPoint(fault.point, jobs, watch, options)
        if (end === 'no work left') break
        if (end === 'died') dealt.push(fault)
        else missed.push(fault)
      }
      say(`${what} (${dealt.length + missed.length} of ${faults.length})`)
      // A process that is to die at a point is started for that.
      if (typeof faults[index + 1] === 'object') continue
      for (const job of jobs) if (!job.isRunning) job.start()
    }
  } finally {
    await watch.close()
    await Promise.all(jobs.map(job => job.stop(STOP_MS)))
  }
  await runCommand(place, 'job', ['--until-end', '--no-dashboard', '--config', place.config])
  return { dealt, missed, report: await verify(place, rows), surprises: jobs.flatMap(job => job.surprises) }
}

/** Waits for a moment of chance while there is work; false when all of it is done. */
async function waitForMoment(watch: TableWatch, { rows, random }: RoundOptions): Promise<boolean> {
  const begun = performance.now()
  // Some faults meet the job on its way up, while it takes its tasks over; the others when it has written some pages more.
  const latest = random.below(3) === 0 ? random.below(800) : MOST_WAIT_MS
  const target = (await watch.bytes()) + PAGE_BYTES * (20 + random.below(120))
  for (;;) {
    if (performance.now() - begun > latest || (await watch.bytes()) > target) return (await watch.rows()) < rows
    if ((await watch.rows()) >= rows) return false
    await sleep(5)
  }
}

/** Returns what it was, for those who look on. */
async function deal(fault: MomentFault, jobs: readonly JobProcess[], options: RoundOptions): Promise<string> {
  const { random, sessionTimeoutMs, kafka, postgres, networks } = options
  const job = jobs[random.below(jobs.length)]!
  switch (fault) {
    case 'kill':
      await job.kill()
      break
    case 'pause':
      job.pause()
      await sleep(2 * sessionTimeoutMs)
      job.resume()
      break
    case 'db-kill':
      await killAndRestart(postgres, random)
      break
    case 'broker-kill':
      await killAndRestart(kafka, random)
      break
    case 'network':
      return networks?.next(random) ?? fault
  }
  return fault
}

const PAGE_BYTES = 8192
/** A job that writes nothing for so long is hurt all the same. */
const MOST_WAIT_MS = 5_000
const STOP_MS = 60_000
