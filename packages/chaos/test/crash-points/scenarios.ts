import type { CrashPoint } from '@rtp/stream-core/extend'
import type { CountingJob } from '../programs/counting-job.ts'
import type { CrashRun } from './crash-run.ts'

export type Group = 'start' | 'commit' | 'end' | 'file' | 'kafka'

/** How a job gets to a point. */
interface Scenario {
  /** Those of the steps that every store goes through are all three. */
  readonly groups: readonly Group[]
  /** True for a point that a process reaches once: then one has died before, so that there is something to take over. */
  readonly once?: boolean
  readonly changes?: Partial<CountingJob>
  /** Called when the process that is to die has made its first checkpoint. */
  readonly meanwhile?: (run: CrashRun) => unknown
  readonly before?: (run: CrashRun) => Promise<unknown>
  readonly after?: (run: CrashRun) => Promise<unknown>
}

const NO_CHECKPOINTS = { intervalMs: 3_600_000, records: 1_000_000, bytes: 1_000_000_000 }

/** Every point there is; a new one does not compile without its scenario. */
export const SCENARIOS: Readonly<Record<CrashPoint, Scenario>> = {
  'sources-opened': { groups: ['start'], once: true },
  'take-over-sent': { groups: ['start'], once: true },
  'tasks-taken': { groups: ['start', 'file', 'kafka'], once: true },
  'sinks-opened': { groups: ['start'], once: true },
  'state-restored': { groups: ['start'], once: true },
  'sources-positioned': { groups: ['start'], once: true },
  'windows-firing': { groups: ['commit'] },
  'windows-fired': { groups: ['commit'] },
  'checkpoint-cut': { groups: ['commit', 'file', 'kafka'] },
  'checkpoint-committed': { groups: ['commit', 'file', 'kafka'] },
  'copy-begun': { groups: ['commit'] },
  'rows-copied': { groups: ['commit'] },
  'upsert-sent': { groups: ['commit'] },
  'state-sent': { groups: ['commit'] },
  'compare-and-set-sent': { groups: ['commit'] },
  'commit-sent': { groups: ['commit'] },
  'commit-acknowledged': { groups: ['commit'] },
  'sinks-flushed': { groups: ['file'] },
  'file-written': { groups: ['file'] },
  'file-synced': { groups: ['file'] },
  'file-renamed': { groups: ['file'] },
  'directory-synced': { groups: ['file'] },
  'job-id-taken': { groups: ['kafka'], once: true },
  'owners-fenced': { groups: ['kafka'], once: true },
  'transaction-begin-sent': { groups: ['kafka'] },
  'transaction-begun': { groups: ['kafka'] },
  'records-sent': { groups: ['kafka'] },
  'output-produced': { groups: ['kafka'] },
  'state-produced': { groups: ['kafka'] },
  'transaction-end-sent': { groups: ['kafka'] },
  'transaction-ended': { groups: ['kafka'] },
  // Another member of the group joins, and tasks move.
  'tasks-released': {
    groups: ['end'],
    once: true,
    changes: { follows: true },
    meanwhile: run => run.start({ follows: true }),
    after: run => run.killAll(),
  },
  // Every COPY fails with an error that may pass.
  'attempt-failed': {
    groups: ['end'],
    once: true,
    before: ({ database, schema }) =>
      database.query(
        `create function ${schema}.refuse() returns trigger language plpgsql as
           $$ begin raise exception 'try again' using errcode = 'serialization_failure'; end $$;
         create trigger refuse before insert on ${schema}.lines execute function ${schema}.refuse()`,
      ),
    after: ({ database, schema }) => database.query(`drop trigger refuse on ${schema}.lines`),
  },
  'last-checkpoint-due': { groups: ['end'], once: true, changes: { triggers: NO_CHECKPOINTS } },
  'sources-closed': { groups: ['end'], once: true },
}
