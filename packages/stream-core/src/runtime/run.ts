import type { CheckpointStore } from '../checkpoint/checkpoint-store.ts'
import { memoryCheckpointStore } from '../checkpoint/memory-store.ts'
import type { GraphNode } from '../graph/node.ts'
import { type Logger, silentLogger } from '../metrics/logger.ts'
import type { PhysicalPlan } from '../plan/physical-plan.ts'
import { plan } from '../plan/planner.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { cancelWith } from './cancel-with.ts'
import type { CheckpointTriggers } from './checkpointer.ts'
import { Job } from './job.ts'
import type { RestartPolicy } from './restart-policy.ts'
import { checkEvolution, type StateEvolutionOptions } from './state-evolution.ts'

/** A definition that can be run: what `pipeline()` makes. */
export interface Runnable {
  readonly name: string
  readonly graph: { readonly nodes: readonly GraphNode[] }
}

export interface RunOptions extends StateEvolutionOptions {
  /** Where checkpoints live. Default: in memory, so that a failed attempt can restart, and nothing outlives the process. */
  readonly store?: CheckpointStore
  /** When to checkpoint. */
  readonly checkpoint?: CheckpointTriggers
  readonly restart?: RestartPolicy
  /** A number from 0 to 1, for the jitter of restarts. Default Math.random. */
  readonly random?: () => number
  /** Aborting it cancels the job: it ends at once, as after a crash. For a graceful end call `job.stop()`. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
  readonly logger?: Logger
}

/** Plans and starts a pipeline; what is wrong with its definition is thrown here. `await run(pipeline).done` waits for the end. */
export function run(pipeline: Runnable, options: RunOptions = {}): Job {
  const store = options.store ?? memoryCheckpointStore()
  return startJob(plan(pipeline.name, pipeline.graph.nodes, store), { ...options, store })
}

/** Starts a plan. */
export function startJob(physical: PhysicalPlan, options: RunOptions & { readonly store: CheckpointStore }): Job {
  const { dropState = [], renameState = {} } = options
  checkEvolution(
    { dropState, renameState },
    [...physical.sources, ...physical.operators].map(({ name }) => name),
  )
  const job = new Job(physical, {
    store: options.store,
    triggers: options.checkpoint ?? {},
    evolution: { dropState, renameState },
    restart: options.restart ?? {},
    random: options.random ?? Math.random,
    clock: options.clock ?? systemClock,
    logger: options.logger ?? silentLogger,
  })
  cancelWith(options.signal, job)
  return job
}
