import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileCheckpointStore, memoryCheckpointStore, run, systemClock } from '@rtp/stream-core'
import type { CheckpointStore } from '@rtp/stream-core/extend'
import { Lateness, pacedSource } from './paced-source.ts'
import { STATE_JOBS } from './state-jobs.ts'

/** What a run with a large state says of itself. Times in ms. */
export interface StateRun {
  readonly checkpoints: number
  /** Of each cut while records came by the clock: how long it stopped them, in time that the process computed, and what it wrote. */
  readonly cuts: readonly { readonly pauseMs: number; readonly bytes: number }[]
  /** Bytes that are stored at the end, and the most that were. */
  readonly storedBytes: number
  readonly mostStoredBytes: number
  /** The longest that a batch waited beyond its time, and how long 99 of 100 waited at most. */
  readonly latestMs: number
  readonly late99Ms: number
  /** The longest that the event loop stood still. */
  readonly loopMs: number
  /** From run() to the first batch, and what the process computed in that time. */
  readonly startMs: number
  readonly startCpuMs: number
  readonly peakRssMb: number
}

// A process of its own for each run, so that no other state is in its heap: prints a StateRun as JSON.
const [kind = '', keys = '', first = '', paced = '', perSecond = '', directory = ''] = process.argv.slice(2)
const lateness = new Lateness()
const delays = monitorEventLoopDelay({ resolution: 1 })
const store = directory === '' ? memoryCheckpointStore() : fileCheckpointStore({ directory, keep: 1 })
const cuts: { pauseMs: number; bytes: number }[] = []
let isPaced = false
const chain: number[] = []
let mostStoredBytes = 0

const startedAt = performance.now()
let startMs = Number.NaN
let startCpuMs = Number.NaN
const cpuBefore = cpuMs()
lateness.on = event => {
  if (event === 'first') {
    startMs = performance.now() - startedAt
    startCpuMs = cpuMs() - cpuBefore
  }
  isPaced = event === 'paced'
  if (event === 'paced') delays.enable()
  if (event === 'end') {
    delays.disable()
    // Stopped, not ended: windows stay as they are, for the next run.
    void job.stop()
  }
}
const source = pacedSource(
  { keys: Number(keys), first: Number(first), paced: Number(paced), perSecond: Number(perSecond) },
  lateness,
)
// By a clock that goes while the process computes, a pause is as long as on cores that nobody else uses.
const cpuClock = { ...systemClock, monotonic: cpuMs }
const job = run(STATE_JOBS[kind]!(source), { store: watched(store), clock: cpuClock })
await job.done
const late = [...lateness.all].sort((a, b) => a - b)
const report: StateRun = {
  checkpoints: job.metrics().checkpoints.completed,
  cuts,
  storedBytes: sum(chain),
  mostStoredBytes,
  latestMs: late.at(-1) ?? 0,
  late99Ms: late[Math.floor(late.length * 0.99)] ?? 0,
  loopMs: delays.max / 1e6,
  startMs,
  startCpuMs,
  peakRssMb: process.resourceUsage().maxRSS / 1024,
}
console.log(JSON.stringify(report))

/** Follows what the store holds. */
function watched(store: CheckpointStore): CheckpointStore {
  return {
    ...store,
    async commit(checkpoint, outputs) {
      for (const { snapshot, needs } of checkpoint.tasks) {
        if (isPaced) cuts.push({ pauseMs: job.metrics().checkpoints.lastPauseMs ?? 0, bytes: snapshot.length })
        chain.splice(0, chain.length - needs)
        chain.push(snapshot.length)
      }
      mostStoredBytes = Math.max(mostStoredBytes, sum(chain))
      await store.commit(checkpoint, outputs)
    },
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
