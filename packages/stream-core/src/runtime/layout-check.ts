import type { CheckpointStore, RestoredTask, TaskLayout } from '../checkpoint/checkpoint-store.ts'
import { StreamError } from '../errors.ts'
import type { Logger } from '../metrics/logger.ts'
import type { StateEvolution } from './state-evolution.ts'

/**
 * Holds what tasks were checkpointed with against what they would now run with, before a record is read: another cut into tasks, another topic
 * under the old name, another pipeline. One for all attempts of a run.
 */
export class LayoutCheck {
  readonly #job: string
  readonly #logger: Logger
  /** Tasks that this process has had in this run. */
  readonly #had = new Set<string>()
  #hasLooked = false
  #hasWarned = false

  constructor(job: string, logger: Logger) {
    this.#job = job
    this.#logger = logger
  }

  /** Throws PARTITIONS_CHANGED, SOURCE_UNKNOWN, SOURCE_REPLACED or JOB_NAME_TAKEN. */
  check(tasks: readonly RestoredTask[], now: TaskLayout, evolution: StateEvolution): void {
    for (const { task, layout } of tasks) {
      if (layout === undefined) continue
      this.#checkCut(layout, now, evolution)
      this.#checkPipeline(task, layout, now)
    }
    for (const { task } of tasks) this.#had.add(task)
  }

  /** The same, before the first task is taken from anybody: one that starts another pipeline by mistake must not fence the right one out. */
  async checkKept(store: CheckpointStore, now: TaskLayout, evolution: StateEvolution): Promise<void> {
    if (this.#hasLooked || store.archive === undefined) return
    this.#hasLooked = true
    const [latest] = await store.archive.list(this.#job)
    for (const { layout } of latest?.tasks ?? []) if (layout !== undefined) this.#checkCut(layout, now, evolution)
  }

  #checkCut(stored: TaskLayout, now: TaskLayout, evolution: StateEvolution): void {
    checkMode(this.#job, stored, now)
    checkSources(this.#job, stored, now, evolution)
  }

  /**
   * Code that has changed is another pipeline, too, and goes on from the old state: that is only worth a warning. But nobody changes the code of a
   * process while it runs, so a task that comes back with another pipeline's checkpoint was in other hands meanwhile.
   */
  #checkPipeline(task: string, stored: TaskLayout, now: TaskLayout): void {
    if (stored.pipeline === undefined || stored.pipeline === now.pipeline) return
    if (this.#had.has(task)) {
      throw new StreamError(
        'JOB_NAME_TAKEN',
        `task "${task}" of job "${this.#job}" was checkpointed by a process with another pipeline since this one had it: two pipelines run under one name, ` +
          'a new version is being rolled out, or the job was put back to a checkpoint of another version. Give each pipeline a name of its own; otherwise start the version here that is to go on.',
      )
    }
    if (this.#hasWarned) return
    this.#hasWarned = true
    this.#logger.warn('the job was checkpointed by a pipeline of other steps; state goes on by the names of steps', {
      job: this.#job,
      checkpointed: stored.pipeline,
      now: now.pipeline,
    })
  }
}

function checkMode(job: string, stored: TaskLayout, now: TaskLayout): void {
  if (stored.mode === now.mode) return
  throw new StreamError(
    'PARTITIONS_CHANGED',
    `job "${job}" was checkpointed with ${tasksOf(stored)} and would now run with ${tasksOf(now)}. Keep the keys' partitionKey setting, or start under a new job name.`,
  )
}

function tasksOf({ mode }: TaskLayout): string {
  return mode === 'single' ? 'one task' : 'one task per partition'
}

/** A source that is gone takes its positions with it, and another one begins anew: whoever has only chosen a job name twice must hear of it. */
function checkSources(job: string, stored: TaskLayout, now: TaskLayout, evolution: StateEvolution): void {
  for (const [source, before] of Object.entries(stored.partitions)) {
    const name = evolution.sourceNow(source)
    if (name === undefined) continue
    const partitions = now.partitions[name]
    if (partitions === undefined) throw unknownSource(job, source, Object.keys(now.partitions))
    const [contentBefore, content] = [stored.contents?.[source], now.contents?.[name]]
    if (contentBefore !== undefined && content !== undefined && contentBefore !== content)
      throw replacedSource(job, name, contentBefore, content)
    if (before === partitions || (now.mode === 'single' && before < partitions)) continue
    throw new StreamError(
      'PARTITIONS_CHANGED',
      `source "${name}" had ${before} partitions when job "${job}" was checkpointed and has ${partitions} now, so keys are in other partitions than their state. Restore the old number, or start under a new job name.`,
    )
  }
}

function unknownSource(job: string, source: string, sources: readonly string[]): StreamError {
  return new StreamError(
    'SOURCE_UNKNOWN',
    `the checkpoint of job "${job}" holds positions of source "${source}", which the pipeline does not have; it reads ${sources.map(name => `"${name}"`).join(', ')}. ` +
      'If this is another pipeline, give it another job name. If the source has another name, tell run() with renameState; if it is gone, give its positions up with dropState.',
    { place: { source } },
  )
}

function replacedSource(job: string, source: string, before: string, after: string): StreamError {
  return new StreamError(
    'SOURCE_REPLACED',
    `source "${source}" of job "${job}" is another one than was checkpointed (${before} then, ${after} now): it was deleted and made anew, so the positions in the old one mean nothing. ` +
      'Start under a new job name; or keep the state and read the new one from its start: give the source another name, and the old name to run() with dropState.',
    { place: { source } },
  )
}
