/**
 * How often tests do what can be done more often: the counts of `pnpm test`. `pnpm test:full` has the large ones, and hands them over in these variables.
 */

/** Sequences of commands that a job goes through beside its model. A failing one prints its seed and the shortest sequence that fails. */
export const SEQUENCES = count('RTP_MODEL_SEQUENCES', 500)

/** Runs in the simulated world, and the seed of the first. */
export const SIMULATIONS = count('RTP_SIMULATIONS', 2_000)
export const FIRST_SEED = count('RTP_SEED', 1)

/** Take-overs of a task whose last owner does not know of it. */
export const TAKE_OVERS = count('RTP_TAKE_OVERS', 200)

/** kill -9 of a database that a store writes to. */
export const DATABASE_KILLS = count('RTP_DATABASE_KILLS', 3)

/** Crashes at each named point. The n-th is at the n-th time that the point is reached. */
export const CRASHES_PER_POINT = count('RTP_CRASHES_PER_POINT', 1)

/** kill -9 of a process while two threads of it work, and deaths of such threads alone. */
export const THREAD_KILLS = count('RTP_THREAD_KILLS', 3)
export const THREAD_DEATHS = count('RTP_THREAD_DEATHS', 4)

/** Faults of the networks between a job and its servers. */
export const NETWORK_FAULTS = count('RTP_NETWORK_FAULTS', 4)

/** kill -9 of each half of a job through a repartition topic. */
export const REPARTITION_KILLS = count('RTP_REPARTITION_KILLS', 2)

/** kill -9 of processes that share two joined topics. */
export const GROUP_KILLS = count('RTP_GROUP_KILLS', 2)

/** Cases of a property that has `usual` ones in `pnpm test`. A failing one prints its seed, which `fc.assert` takes again. */
export function propertyRuns(usual = USUAL_PROPERTY_RUNS): number {
  return Math.ceil((usual * PROPERTY_RUNS) / USUAL_PROPERTY_RUNS)
}

const USUAL_PROPERTY_RUNS = 1_000
const PROPERTY_RUNS = count('RTP_PROPERTY_RUNS', USUAL_PROPERTY_RUNS)

function count(variable: string, usual: number): number {
  return Number(process.env[variable] ?? usual)
}
